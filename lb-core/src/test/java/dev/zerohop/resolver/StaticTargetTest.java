package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StaticTargetTest extends ResolverContract {

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        return Target.parse(
                        "static:///" + endpoints.stream().map(Endpoint::address).collect(Collectors.joining(",")))
                .newResolver(env);
    }

    private static List<Endpoint> read(String target) {
        return StaticTarget.endpoints(Target.parse(target));
    }

    @Test
    void everyParameterIsRead() {
        assertThat(
                        read(
                                "static:///10.0.0.1:8080;id=orders-0;weight=3;zone=a;node=n1;ordinal=0;attr.version=2%3B1;attr.note=x,10.0.0.2:8080"))
                .containsExactly(
                        Endpoint.builder("10.0.0.1", 8080)
                                .id("orders-0")
                                .weight(3)
                                .zone("a")
                                .node("n1")
                                .ordinal(0)
                                .attributes(Map.of("version", "2;1", "note", "x"))
                                .build(),
                        Endpoint.of("10.0.0.2", 8080));
    }

    @Test
    void ipv6LiteralsAreBracketedOrPercentEncoded() {
        assertThat(read("static:///[::1]:8080,%5B2001:db8::2%5D:81,[fe80::1%25eth0]:82"))
                .extracting(Endpoint::host)
                .containsExactly("::1", "2001:db8::2", "fe80::1%eth0");
        assertThat(read("static:///[::1]:8080").get(0).id()).isEqualTo("[::1]:8080");
    }

    @Test
    void hostNamesAreTakenAsTheyAre() {
        assertThat(read("static:///orders-0.orders.shop.svc:8080,localhost:1,a_b.example.:2"))
                .extracting(Endpoint::host)
                .containsExactly("orders-0.orders.shop.svc", "localhost", "a_b.example.");
    }

    @Test
    void theLimitsThemselvesAreAllowed() {
        Endpoint endpoint =
                read("static:///a:65535;weight=1000000;ordinal=2147483647").get(0);
        assertThat(endpoint.weight()).isEqualTo(Endpoint.MAX_WEIGHT);
        assertThat(endpoint.ordinal()).isEqualTo(Integer.MAX_VALUE);
        assertThat(read("static:///a:1;weight=0").get(0).weight()).isZero();
    }

    @Test
    void removalsAreMeantAndTheSourceIsTheTarget() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
            assertThat(recorder.last().source()).startsWith("static:///127.0.0.1:8081");
            assertThat(recorder.last().asOf()).isEqualTo(time.now());
        }
    }

    @Test
    void itsTlsNameMustBeStated() {
        Target target = Target.parse("static:///a:1");
        assertThat(target.provider().tlsName(target)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "static:// | 9 | found no endpoint, expected static:///host:port,host:port",
                "static:/// | 10 | found no endpoint, expected static:///host:port,host:port",
                "static://10.0.0.1:8080 | 9 | found '10.0.0.1:8080' between // and the next slash, expected nothing there: static:///host:port,host:port",
                "static://x/10.0.0.1:8080 | 9 | found 'x' between // and the next slash, expected nothing there: static:///host:port,host:port",
                "static:///a:1?x=1 | 13 | found '?x=1', expected no query: static targets have no such parameters",
                "static:///a:1? | 13 | found '?', expected no query: static targets have no such parameters",
                "static:///10.0.0.1 | 10 | found '10.0.0.1' without a port, expected host:port",
                "static:///10.0.0.1: | 19 | found port '', expected a number from 1 to 65535",
                "static:///10.0.0.1:0 | 19 | found port '0', expected a number from 1 to 65535",
                "static:///10.0.0.1:70000 | 19 | found port '70000', expected a number from 1 to 65535",
                "static:///10.0.0.1:999999999999 | 19 | found port '999999999999', expected a number from 1 to 65535",
                "static:///10.0.0.1:abc | 19 | found port 'abc', expected a number from 1 to 65535",
                "static:///10.0.0.1:-1 | 19 | found port '-1', expected a number from 1 to 65535",
                "static:///10.0.0.1:+80 | 19 | found port '+80', expected a number from 1 to 65535",
                "static:///10.0.0.1:80/x | 19 | found port '80/x', expected a number from 1 to 65535",
                "static:///:8080 | 10 | found no host, expected a host name or an IP address",
                "static:///10.0.0.256:80 | 10 | found '10.0.0.256', expected an IPv4 address of four numbers from 0 to 255",
                "static:///10.0.0.01:80 | 10 | found '10.0.0.01', expected an IPv4 address of four numbers from 0 to 255",
                "static:///10.0.1:80 | 10 | found '10.0.1', expected an IPv4 address of four numbers from 0 to 255",
                "static:///a..b:80 | 10 | found 'a..b', expected a host name of letters, digits, '-', '_' and single dots",
                "static:///a b:80 | 10 | found 'a b', expected a host name of letters, digits, '-', '_' and single dots",
                "static:///user@host:80 | 10 | found 'user@host', expected a host name of letters, digits, '-', '_' and single dots",
                "static:///::1:8080 | 10 | found '::1:8080', expected one colon; brackets go around an IPv6 address, as in [::1]:8080",
                "static:///[::1:8080 | 10 | found '[::1:8080', expected a closing bracket as in [::1]:8080",
                "static:///[::1] | 15 | found '' after ']', expected :port (1 to 65535)",
                "static:///[::1]8080 | 15 | found '8080' after ']', expected :port (1 to 65535)",
                "static:///[::g]:80 | 11 | found '::g' in brackets, expected an IPv6 address such as ::1",
                "static:///[10.0.0.1]:80 | 11 | found '10.0.0.1' in brackets, expected an IPv6 address such as ::1",
                "static:///[]:80 | 11 | found '' in brackets, expected an IPv6 address such as ::1",
                "static:///[::1]:0 | 16 | found port '0', expected a number from 1 to 65535",
                "static:///a:1, | 14 | found nothing, expected host:port",
                "static:///,a:1 | 10 | found nothing, expected host:port",
                "static:///a:1,,b:1 | 14 | found nothing, expected host:port",
                "static:///a:1,a:1 | 14 | endpoint id 'a:1' was given before at position 10, expected unique ids",
                "static:///a:1;id=x,b:1;id=x | 19 | endpoint id 'x' was given before at position 10, expected unique ids",
                "static:///a:1;id=b:1,b:1 | 21 | endpoint id 'b:1' was given before at position 10, expected unique ids",
                "static:///a:1; | 14 | found '', expected a parameter name=value (id, weight, zone, node, ordinal or attr.NAME)",
                "static:///a:1;weight | 14 | found 'weight', expected a parameter name=value (id, weight, zone, node, ordinal or attr.NAME)",
                "static:///a:1;;zone=a | 14 | found '', expected a parameter name=value (id, weight, zone, node, ordinal or attr.NAME)",
                "static:///a:1;wieght=1 | 14 | found parameter 'wieght', expected id, weight, zone, node, ordinal or attr.NAME",
                "static:///a:1;Weight=1 | 14 | found parameter 'Weight', expected id, weight, zone, node, ordinal or attr.NAME",
                "static:///a:1;attr.=1 | 14 | found parameter 'attr.', expected id, weight, zone, node, ordinal or attr.NAME",
                "static:///a:1;=1 | 14 | found parameter '', expected id, weight, zone, node, ordinal or attr.NAME",
                "static:///a:1;tls=true | 14 | found parameter 'tls', expected id, weight, zone, node, ordinal or attr.NAME",
                "static:///a:1;weight=1;weight=2 | 23 | parameter 'weight' was given twice for one endpoint, expected once",
                "static:///a:1;attr.x=1;attr.x=1 | 23 | parameter 'attr.x' was given twice for one endpoint, expected once",
                "static:///a:1;weight=-1 | 21 | weight was '-1', expected a whole number from 0 to 1000000",
                "static:///a:1;weight=1000001 | 21 | weight was '1000001', expected a whole number from 0 to 1000000",
                "static:///a:1;weight=1.5 | 21 | weight was '1.5', expected a whole number from 0 to 1000000",
                "static:///a:1;weight= | 21 | weight was '', expected a whole number from 0 to 1000000",
                "static:///a:1;ordinal=-1 | 22 | ordinal was '-1', expected a whole number from 0 to 2147483647",
                "static:///a:1;ordinal=2147483648 | 22 | ordinal was '2147483648', expected a whole number from 0 to 2147483647",
                "static:///a:1;ordinal=x | 22 | ordinal was 'x', expected a whole number from 0 to 2147483647",
                "static:///a:1;id= | 17 | id was '', expected some text",
                "static:///a:1;zone=%20 | 19 | zone was ' ', expected some text",
                "static:///a:1;node= | 19 | node was '', expected some text",
                "static:///a:1;zone=%2 | 19 | found '%2', expected a percent sign and two hexadecimal digits such as %5B",
                "static:///%5B::1:80 | 10 | found '[::1:80', expected a closing bracket as in [::1]:8080",
                "static:///%zz:80 | 10 | found '%zz', expected a percent sign and two hexadecimal digits such as %5B",
            })
    void aBadTargetIsRefusedWithPositionValueAndWhatWasExpected(String target, int position, String message) {
        assertThatThrownBy(() -> Target.parse(target).newResolver(env))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target '" + target + "' at position " + position + ": " + message);
    }
}
