"""What the command line, Dagster and Airflow call: sync, publish, forget, doctor."""
