-- search_tokens(said): the words of a text as search() compares them, a list. The one fold for index and phrase: lower
-- case; marks dropped from letters of Latin, Greek, Hebrew and Arabic script, where people leave them out, and from no
-- others, where they make another word; apostrophes and what nobody sees dropped; parts of a hyphenated word apart; and
-- each character of a script without spaces (Han, Kana, Thai, Lao, Khmer, Burmese) a word, so that a phrase is found
-- however the vendor cut it.
--   SELECT search_tokens('Don’t re-open Café 東京');
CREATE OR REPLACE MACRO search_tokens(said) AS
regexp_extract_all(
    regexp_replace(
        array_to_string(
            [
                CASE
                    WHEN regexp_matches(run, '^[\p{Latin}\p{Greek}\p{Hebrew}\p{Arabic}]') THEN strip_accents(run)
                    ELSE run
                END
                FOR run IN regexp_extract_all(
                    nfc_normalize(
                        replace(
                            replace(
                                replace(
                                    translate(
                                        regexp_replace(
                                            lower(said),
                                            '[\p{Cf}''’‘‚‛ʼʹʻʽˈ`´′＇ꞌ՚׳ـ\x{fe00}-\x{fe0f}]',
                                            '',
                                            'g'
                                        ),
                                        '０１２３４５６７８９ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝςſ',
                                        '0123456789abcdefghijklmnopqrstuvwxyzヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンσs'
                                    ),
                                    'ﬁ',
                                    'fi'
                                ),
                                'ﬂ',
                                'fl'
                            ),
                            'ﬀ',
                            'ff'
                        )
                    ),
                    '(?:[\p{Latin}\p{Greek}\p{Hebrew}\p{Arabic}]\p{M}*)+|[^\p{Latin}\p{Greek}\p{Hebrew}\p{Arabic}]+'
                )
            ],
            ''
        ),
        '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])',
        ' \1 ',
        'g'
    ),
    '[\p{L}\p{N}\p{M}]+'
)
