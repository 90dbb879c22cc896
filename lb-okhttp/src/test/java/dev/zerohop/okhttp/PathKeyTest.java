package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import dev.zerohop.KeySource;
import java.util.Random;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathKeyTest {
    private static final String[] PARTS = {
        "a", "b", "/", "-", ".", "*", "+", "?", "|", "^", "$", "(", ")", "(", ")", "(?:", "(?i)", "(?<n>", "[", "]",
        "[^/]", "[ab]", "{2}", "{1,}", "{0,3}", "\\d", "\\w", "\\b", "\\.", "\\", "%2F", "&", "x"
    };

    /**
     * The core promises that every pattern it takes is matched in linear time by a small program; the matcher is here. Where both take a pattern,
     * java.util.regex finds the same key.
     */
    @Test
    void whatTheCoreTakesTheMatcherTakesAndReadsAlike() throws Exception {
        Random random = new Random(42);
        int taken = 0;
        for (int i = 0; i < 200_000; i++) {
            StringBuilder pattern = new StringBuilder(random.nextBoolean() ? "" : "(");
            for (int j = random.nextInt(8); j >= 0; j--) {
                pattern.append(PARTS[random.nextInt(PARTS.length)]);
            }
            String regex = pattern.append(random.nextBoolean() ? "" : ")").toString();
            if (new KeySource(KeySource.Place.PATH, regex, false).expected() != null) {
                continue;
            }
            taken++;
            assertThat(Pattern.compile(regex).programSize()).as(regex).isLessThan(600);
            StringBuilder path = new StringBuilder("/");
            for (int j = random.nextInt(8); j > 0; j--) {
                path.append("ab/-.x&".charAt(random.nextInt(7)));
            }
            Matcher matcher = java.util.regex.Pattern.compile(regex).matcher(path);
            // An empty key is none.
            assertThat(String.valueOf(PathKey.of(regex).read(path.toString())).replace("null", ""))
                    .as("%s in %s", regex, path)
                    .isEqualTo(matcher.find() && matcher.group(1) != null ? matcher.group(1) : "");
        }
        assertThat(taken).isGreaterThan(5_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"([^/]{498})", "((?:[a-z]{40}){12})", "^/((?:a|b|c|d){60})"})
    void theLargestPatternsThatTheCoreTakesStaySmall(String regex) {
        assertThat(new KeySource(KeySource.Place.PATH, regex, false).expected()).isNull();
        assertThat(Pattern.compile(regex).programSize()).isLessThan(600);
    }

    @Test
    void escapesAreDecodedStrictly() throws Exception {
        PathKey whole = PathKey.of("^/(.*)$");
        assertThat(whole.read("/a%2Fb%2bc+%C3%A9")).isEqualTo("a/b+c+\u00e9");
        assertThat(whole.read("/%F0%9F%98%80")).isEqualTo("\ud83d\ude00");
        assertThat(whole.read("/")).isEmpty();
        for (String cut :
                new String[] {"%", "%a", "%-1", "%+1", "%\uff11\uff11", "%ff", "%C3%28", "%ED%A0%80%ED%B0%80"}) {
            assertThatThrownBy(() -> whole.read("/" + cut))
                    .isInstanceOf(UnusableKeyException.class)
                    .hasMessage("was '" + cut + "', expected whole percent escapes of UTF-8");
        }
    }

    @Test
    void aPathMayBeAsLongAsTheLimit() throws Exception {
        String longest = "/" + "a".repeat(PathKey.MAX_LENGTH - 1);
        PathKey key = PathKey.of("^/(a)");
        assertThat(key.read(longest)).isEqualTo("a");
        assertThatThrownBy(() -> key.read(longest + "a"))
                .isInstanceOf(UnusableKeyException.class)
                .hasMessageContaining("the path is 8193 characters long, expected at most 8192");
    }

    @Test
    void halfAnEscapeIsNoKey() throws Exception {
        PathKey key = PathKey.of("^/([^/]+)");
        assertThat(key.read("/%41b")).isEqualTo("Ab");
        for (String half : new String[] {"/%4G", "/%G4", "/%4", "/%", "/%ff"}) {
            assertThatThrownBy(() -> key.read(half))
                    .as(half)
                    .isInstanceOf(UnusableKeyException.class)
                    .hasMessageContaining("expected whole percent escapes of UTF-8");
        }
    }
}
