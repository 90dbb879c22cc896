package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPatternTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "^/users/([^/]+)",
                "/v[0-9]+/(?:orders|carts)/(\\d{1,19})(?:/|$)",
                "^/(?<tenant>[\\w.~-]+)",
                "(?i)^/Users/(.*?)/",
                "^/(?i:users)/([a-z]*|b)",
                "^/a\\.b\\/([\\]\\[a^-]*)$",
                "^/(|a|b(?:c|d)??)\\b",
                "\\A/x{2}(y{1,}?)z{0,3}\\z",
                "([%0-9A-Fa-f]{2})",
            })
    void isTaken(String regex) {
        assertThat(PathPattern.expected(regex)).isNull();
        assertThat(Pattern.compile(regex).matcher("").groupCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "/users/.*             ; exactly one group, such as \"^/users/([^/]+)\"",
                "(a)(b)                ; exactly one group",
                "(?:a)                 ; exactly one group",
                "(a                    ; Unclosed group at 2",
                "(a))                  ; Unmatched ')' at 3",
                "(?=a)(b)              ; Group of an unknown kind at 2",
                "(?<!a)(b)             ; Group of an unknown kind",
                "(?>a)(b)              ; Group of an unknown kind at 2",
                "(?x)(b)               ; Group of an unknown kind",
                "(?<1a>b)              ; Group of an unknown kind",
                "(?<a                  ; Group of an unknown kind",
                "(a)\\1                ; Unknown escape at 4",
                "(\\p{L})              ; Unknown escape at 2",
                "(\\Qa\\E)             ; Unknown escape at 2",
                "(a)\\                 ; Unfinished escape at 4",
                "(a++)                 ; Repetition of a repetition at 3",
                "(a**)                 ; Repetition of a repetition at 3",
                "(a??+)                ; Repetition of a repetition at 4",
                "*(a)                  ; Nothing to repeat at 0",
                "(|*a)                 ; Nothing to repeat at 2",
                "^*(a)                 ; Nothing to repeat at 1",
                "\\b+(a)               ; Nothing to repeat at 2",
                "([a-z&&[^b]])         ; Class within a class at 5",
                "([a[b]])              ; Class within a class at 3",
                "([[:alpha:]])         ; Class within a class at 2",
                "([]a])                ; Unescaped ']' at 2",
                "([a)                  ; Unclosed character class",
                "([z-a])               ; Illegal range",
                "([\\d-x])             ; Illegal range",
                "([\\b])               ; Unknown escape",
                "(a{2,1})              ; Illegal repetition",
                "(a{1001})             ; Illegal repetition",
                "(a{99999999999})      ; Illegal repetition",
                "(a{,2})               ; Illegal repetition",
                "(a{b)                 ; Illegal repetition",
                "(a{600})              ; smaller repetitions",
                "(((a{30}){30}){30})   ; exactly one group",
                "((?:(?:a{30}){30}){30}) ; smaller repetitions",
                "/(\u00e4)             ; percent-encoded",
            })
    void isRefusedWithWhatWasExpected(String regex, String problem) {
        assertThat(PathPattern.expected(regex))
                .startsWith("a regular expression")
                .contains(problem);
    }

    @Test
    void lengthAndStepsAreBounded() {
        String longest = "(" + "a".repeat(254) + ")";
        assertThat(PathPattern.expected(longest)).isNull();
        assertThat(PathPattern.expected(longest + "a")).endsWith(", at most 256 characters long");
        assertThat(PathPattern.expected("(a{498})")).isNull();
        assertThat(PathPattern.expected("(a{499})")).endsWith(" and with smaller repetitions");
    }
}
