package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.FakeTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTest {

    @Test
    void aTargetIsSplitAndNotDecoded() {
        Target target = Target.parse("ETCD://a:2379,b:2379/orders%2Feu?x=1&y=2");
        assertThat(target.scheme()).isEqualTo("etcd");
        assertThat(target.authority()).isEqualTo("a:2379,b:2379");
        assertThat(target.path()).isEqualTo("orders%2Feu");
        assertThat(target.query()).isEqualTo("x=1&y=2");
        assertThat(target.text().substring(target.pathPosition())).startsWith("orders%2Feu");
        assertThat(target.text().substring(target.authorityPosition())).startsWith("a:2379");
        assertThat(target.text().substring(target.queryPosition())).isEqualTo("x=1&y=2");
    }

    @Test
    void partsMayBeEmpty() {
        assertThat(Target.parse("k8s://"))
                .extracting(Target::authority, Target::path, Target::query)
                .containsExactly("", "", "");
        assertThat(Target.parse("k8s:///a?").hasQuery()).isTrue();
        assertThat(Target.parse("k8s:///a").hasQuery()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1:8080 | at position 0: found no scheme, expected one and ://, such as static:///10.0.0.1:8080 for this address alone",
                "orders:8080 | at position 0: found no scheme, expected one and ://, such as static:///orders:8080 for this address alone, refreshing-dns:///orders:8080 for all addresses of the name, or k8s:///",
                "[::1]:8080 | at position 0: found no scheme, expected one and ://, such as static:///[::1]:8080 for this address alone",
                "orders | at position 0: found no scheme, expected one and ://",
                "'' | at position 0: found no scheme",
                "://x | at position 0: found no scheme",
                "static:10.0.0.1:8080 | at position 0: found no scheme, expected one and ://",
                "static:/10.0.0.1:8080 | at position 0: found no scheme, expected one and ://",
                "' static:///a:1' | at position 0: found ' ', expected a scheme of letters",
                "1static:///a:1 | at position 0: found '1', expected a scheme of letters",
                "sta_tic:///a:1 | at position 3: found '_', expected a scheme of letters, digits, '-', '+' and '.'",
            })
    void aTargetWithoutAProperSchemeIsRefused(String text, String message) {
        assertThatThrownBy(() -> Target.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("target '" + text + "' " + message);
    }

    @Test
    void aSchemeThatNobodyBringsIsRefusedWithThoseThatThereAre() {
        assertThatThrownBy(() -> Target.parse("zookeeper://a/b").newResolver(new FakeTime().env()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "target 'zookeeper://a/b' at position 0: no resolver for scheme 'zookeeper', expected one of "
                                + "[file, static] (is the module that brings it on the class path?)");
    }

    @ParameterizedTest
    @CsvSource({
        "refreshing-dns:///orders:80, lb-dns",
        "refreshing-dns+srv:///_grpc._tcp.orders, lb-dns",
        "k8s:///shop/orders:grpc, lb-k8s-discovery",
        "golb://127.0.0.1:2379/zone/function, lb-etcd",
    })
    void aSchemeWithoutItsModuleNamesTheModuleToAdd(String text, String module) {
        Target target = Target.parse(text);
        assertThatThrownBy(() -> target.newResolver(new FakeTime().env()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target '" + text + "' at position 0: no resolver for scheme '" + target.scheme()
                        + "', expected one of [file, static]; add the module dev.zerohop:" + module
                        + ", which brings it");
    }

    @Test
    void percentEncodingIsUndoneAsUtf8AndPlusStaysPlus() {
        Target target = Target.parse("x:///%5B::1%5D/%C3%A9t%c3%a9+");
        assertThat(target.decoded(target.pathPosition(), target.text().length()))
                .isEqualTo("[::1]/été+");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x:///a%zz | 6 | found '%zz', expected a percent sign and two hexadecimal digits such as %5B",
                "x:///%41%4 | 8 | found '%4', expected a percent sign and two",
                "x:///% | 5 | found '%', expected a percent sign",
                "x:///a%ff | 6 | found '%ff', expected percent-encoded UTF-8",
            })
    void badPercentEncodingIsRefusedWithItsPosition(String text, int position, String message) {
        Target target = Target.parse(text);
        assertThatThrownBy(() -> target.decoded(target.pathPosition(), text.length()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("target '" + text + "' at position " + position + ": " + message);
    }

    @Test
    void parametersAreDecodedAndKnowTheirPositions() {
        Target target = Target.parse("x:///a?server=%5B::1%5D:53&empty=");
        List<Target.Parameter> parameters = target.parameters();
        assertThat(parameters).extracting(Target.Parameter::name).containsExactly("server", "empty");
        assertThat(parameters).extracting(Target.Parameter::value).containsExactly("[::1]:53", "");
        assertThat(target.text().substring(parameters.get(1).position())).isEqualTo("empty=");
        assertThat(target.text().substring(parameters.get(0).valuePosition())).startsWith("%5B");
        assertThat(Target.parse("x:///a").parameters()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x:///a?b | 7 | found 'b', expected a parameter name=value",
                "x:///a? | 7 | found '', expected a parameter name=value",
                "x:///a?=1 | 7 | found '=1', expected a parameter name=value",
                "x:///a?b=1& | 11 | found '', expected a parameter name=value",
                "x:///a?b=1&b=2 | 11 | parameter 'b' was given twice, expected once",
            })
    void aBadQueryIsRefusedWithItsPosition(String text, int position, String message) {
        assertThatThrownBy(() -> Target.parse(text).parameters())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target '" + text + "' at position " + position + ": " + message);
    }

    @Test
    void ofALongTargetAMessageShowsTheBeginningAndAllOfWhatIsWrong() {
        String text = "x:///" + "a".repeat(5_000);
        assertThat(Target.parse(text).error(4_000, "found 'a', expected b"))
                .hasMessage("target '" + text.substring(0, 1_000) + "...' at position 4000: found 'a', expected b");
        assertThatThrownBy(() -> Target.parse("a".repeat(5_000) + ":80"))
                .hasMessage("target '" + "a".repeat(1_000)
                        + "...' at position 0: found no scheme, expected one and ://, such as static:///10.0.0.1:8080");
        assertThatThrownBy(() -> Target.parse("1" + "a".repeat(5_000) + "://b"))
                .hasMessageStartingWith("target '1" + "a".repeat(999) + "...' at position 0: found '1'");
    }

    @Test
    void aPasswordThatWasWrittenAsAParameterIsInNoMessage() {
        Target target = Target.parse("static:///a:1?user=me&Password=x7;apiToken=x8&zone=a");
        assertThatThrownBy(target::rejectQuery)
                .hasMessageContaining("?user=me&Password=***;apiToken=***&zone=a'")
                .hasMessageNotContainingAny("x7", "x8");
    }
}
