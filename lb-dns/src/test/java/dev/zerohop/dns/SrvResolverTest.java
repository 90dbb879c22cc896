package dev.zerohop.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SrvResolverTest extends ResolverContract {
    private static final String NAME = "_grpc._tcp.orders.test";

    private DnsServer server;
    private Resolver resolver;
    private final ResolutionRecorder recorder = new ResolutionRecorder();

    @BeforeEach
    void startServer() throws IOException {
        server = new DnsServer();
        Target target = Target.parse("refreshing-dns+srv:///" + NAME + "?server=" + server.address());
        DnsTarget dns = DnsTarget.srv(target);
        DnsNames names = new DnsNames(
                dns.server(),
                new SystemDns(Path.of("/none"), Path.of("/none"), 53),
                name -> {
                    throw new UnknownHostException(name);
                },
                dns.family(),
                Duration.ofSeconds(20),
                2);
        resolver = DnsResolverProviders.srv(target, dns, names, env);
    }

    @AfterEach
    void stopServer() throws IOException {
        resolver.close();
        server.close();
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        String[] records = new String[endpoints.size()];
        for (int i = 0; i < records.length; i++) {
            records[i] = "0 1 " + endpoints.get(i).port() + " pod-" + i + ".test";
            server.set("A", "pod-" + i + ".test", endpoints.get(i).host());
        }
        server.set("SRV", "_c._tcp.test", records);
        return Target.parse("refreshing-dns+srv:///_c._tcp.test?server=" + server.address())
                .newResolver(env);
    }

    private void pods(int count) {
        String[] records = new String[count];
        for (int i = 0; i < count; i++) {
            records[i] = "0 1 8080 pod-" + i + ".test";
            server.set("A", "pod-" + i + ".test", "10.0.0." + i);
        }
        server.set("SRV", NAME, records);
    }

    private void next() {
        time.advance(Duration.ofSeconds(6));
    }

    private String shown() {
        return recorder.last().endpoints().stream()
                .map(e -> e + "*" + e.weight())
                .collect(Collectors.joining(" "));
    }

    @Test
    void aTargetWithOneAddressIsKnownByItsName() {
        server.set("SRV", NAME, "0 3 8080 pod-0.test", "0 1 8081 pod-1.test");
        server.set("A", "pod-0.test", "10.0.0.1").set("A", "pod-1.test", "10.0.0.2");
        resolver.start(recorder);
        assertThat(shown()).isEqualTo("pod-0.test:8080(10.0.0.1:8080)*3 pod-1.test:8081(10.0.0.2:8081)*1");
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
    }

    @Test
    void aTargetThatCanBeNoEndpointCostsItselfAloneAndIsNamedInPrintableForm() {
        String longest = "x".repeat(60);
        String tooLong = String.join(".", longest, longest, longest, longest, "test");
        server.set(
                "SRV",
                NAME,
                "0 1 8080 pod-0.test",
                "0 1 8080 \u001b]52;c;aGk=\u0007.test",
                "0 1 8080 a\nINJECTED.test",
                "0 1 8080 \u009b31m.test",
                "0 1 18080 " + tooLong);
        server.set("A", "pod-0.test", "10.0.0.1").set("A", tooLong, "10.0.0.2", "10.0.0.3");
        resolver.start(recorder);
        assertThat(recorder.last().endpoints())
                .extracting(Endpoint::id)
                .containsExactlyInAnyOrder("pod-0.test:8080", tooLong + ":18080");
        assertThat(recorder.rejected)
                .hasSize(4)
                .anyMatch(text -> text.contains("\\027]52\\;c\\;aGk=\\007.test"))
                .anyMatch(text -> text.endsWith("#10.0.0.3 is 263 characters long, expected at most 256"))
                .allSatisfy(text -> assertThat(text).isEqualTo(Printable.text(text)));
    }

    @Test
    void aPodThatComesBackWithAnotherAddressKeepsItsId() {
        pods(2);
        resolver.start(recorder);
        server.set("A", "pod-0.test", "10.0.9.9");
        next();
        assertThat(shown()).isEqualTo("pod-0.test:8080(10.0.9.9:8080)*1 pod-1.test:8080(10.0.0.1:8080)*1");
    }

    @Test
    void aTargetWithSeveralAddressesSharesItsWeightAmongThem() {
        server.set("SRV", NAME, "0 10 8080 many.test");
        server.set("A", "many.test", "10.0.0.1", "10.0.0.2");
        resolver.start(recorder);
        assertThat(shown()).isEqualTo("many.test:8080(10.0.0.1:8080)*5 many.test:8080#10.0.0.2(10.0.0.2:8080)*5");
    }

    @Test
    void twoTargetsOfOneWeightGetTheSameWhateverTheirNumberOfAddresses() {
        server.set("SRV", NAME, "0 1 8080 four.test", "0 1 8080 one.test", "0 1 8080 three.test");
        server.set("A", "four.test", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4");
        server.set("A", "one.test", "10.0.0.9");
        server.set("A", "three.test", "10.0.1.1", "10.0.1.2", "10.0.1.3");
        resolver.start(recorder);
        assertThat(recorder.last().endpoints().stream()
                        .collect(Collectors.groupingBy(
                                e -> e.id().substring(0, e.id().indexOf('.')),
                                Collectors.summingInt(Endpoint::weight))))
                .isEqualTo(Map.of("four", 12, "one", 12, "three", 12));
    }

    @Test
    void recordsOfOneTargetAddUp() {
        server.set("SRV", NAME, "0 1 8080 a.test", "0 2 8080 A.TEST", "0 1 8080 b.test", "0 1 8081 b.test");
        server.set("A", "a.test", "10.0.0.1").set("A", "b.test", "10.0.0.2");
        resolver.start(recorder);
        assertThat(shown())
                .isEqualTo("a.test:8080(10.0.0.1:8080)*3 b.test:8080(10.0.0.2:8080)*1 b.test:8081(10.0.0.2:8081)*1");
    }

    @Test
    void idsDependNeitherOnLetterCaseNorOnTheNumberOfAddresses() {
        server.set("SRV", NAME, "0 1 8080 Pod.Test");
        server.set("A", "pod.test", "10.0.0.1");
        resolver.start(recorder);
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 30; i++) {
            server.set("SRV", NAME, i % 2 == 0 ? "0 1 8080 pod.test" : "0 1 8080 POD.tESt");
            if (i % 3 == 0) {
                server.set("A", "pod.test", "10.0.0.1", "10.0.0.2");
            } else {
                server.set("A", "pod.test", i % 3 == 1 ? "10.0.0.1" : "10.0.0.2");
            }
            next();
            recorder.last().endpoints().forEach(e -> ids.add(e.id() + " " + e.host()));
        }
        assertThat(ids).containsExactly("pod.test:8080 10.0.0.1", "pod.test:8080#10.0.0.2 10.0.0.2");
        assertThat(recorder.sets).hasSizeLessThan(5);
    }

    @Test
    void aBadRecordIsReportedOnceAndLeftOut() {
        server.answer(
                "SRV",
                NAME,
                () -> List.of(
                        new DnsServer.Rr(NAME, "SRV", 5, "0 1 8080 a.test"),
                        new DnsServer.Rr(NAME, "SRV", 5, "0 1 0 b.test"),
                        new DnsServer.Rr(NAME, "SRV", 5, "0 1 8080 b\u00e9.test")));
        server.set("A", "a.test", "10.0.0.1").set("A", "b.test", "10.0.0.2");
        resolver.start(recorder);
        next();
        assertThat(shown()).isEqualTo("a.test:8080(10.0.0.1:8080)*1");
        assertThat(recorder.errors).isEmpty();
        assertThat(recorder.rejected)
                .containsExactly(
                        "SRV record '0 1 0 b.test.' of " + NAME + " is left out: port was 0, expected 1 to 65535",
                        "SRV record '0 1 8080 b\\233.test.' of " + NAME
                                + " is left out: found 'b\\233.test', expected a host"
                                + " name of letters, digits, '-', '_' and single dots");
    }

    @Test
    void onlyBadRecordsAreAnError() {
        server.set("SRV", NAME, "0 1 0 b.test");
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0)).hasMessageContaining("port was 0, expected 1 to 65535");
    }

    /** What one answer may hold is bounded by its length; what the answers for a thousand targets hold is not. */
    @Test
    void targetsWithMoreAddressesThanASetMayHaveAreAnErrorAndTheLastGoodSetStays() {
        pods(3);
        resolver.start(recorder);
        String[] addresses = new String[1_700];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = "10.0." + i / 256 + "." + i % 256;
        }
        String[] records = new String[300];
        for (int i = 0; i < records.length; i++) {
            records[i] = "0 1 8080 t" + i + ".test";
            server.set("A", "t" + i + ".test", addresses);
            server.mode("A", "t" + i + ".test", DnsServer.Mode.TRUNCATE_UDP);
        }
        server.mode("SRV", NAME, DnsServer.Mode.TRUNCATE_UDP);
        server.set("SRV", NAME, records);
        next();
        assertThat(recorder.errors)
                .singleElement()
                .asString()
                .contains("the DNS answers to ", "have more than 400000 records, expected at most so many");
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.last().endpoints()).hasSize(3);
    }

    @Test
    void allTargetsAreAskedForAtOnce() {
        pods(10);
        resolver.start(recorder);
        assertThat(recorder.last().endpoints()).hasSize(10);
        server.asked.clear();
        // No address is given before all of them were asked for, of both families.
        server.holdUntil(20);
        next();
        assertThat(recorder.errors).isEmpty();
        assertThat(server.asked).hasSize(21);
    }

    @Test
    void aTargetThatOneAnswerLeavesOutStays() {
        pods(3);
        resolver.start(recorder);
        server.set("SRV", NAME, "0 1 8080 pod-0.test", "0 1 8080 pod-1.test");
        next();
        next();
        assertThat(recorder.last().endpoints()).hasSize(3);
        next();
        assertThat(recorder.last().endpoints()).hasSize(2);
        assertThat(recorder.last().note()).isEqualTo("a target leaves after 3 answers without it");
    }

    @Test
    void answersThatCarryAPartOfAnAddressListAreSaid() {
        server.set("SRV", NAME, "0 1 8080 many.test");
        server.set("A", "many.test", "10.0.0.1", "10.0.0.2");
        resolver.start(recorder);
        server.set("A", "many.test", "10.0.0.2", "10.0.0.3");
        next();
        assertThat(recorder.last().endpoints()).hasSize(3);
        assertThat(recorder.last().note())
                .isEqualTo(
                        "a target leaves after 3 answers without it; 1 of 1 targets: answers of one size differ, so an"
                                + " address leaves after 15 answers without it");
    }

    @Test
    void aServerWithBothFamiliesIsOneEndpoint() {
        server.set("SRV", NAME, "0 1 8080 dual.test", "0 1 8080 six.test");
        server.set("A", "dual.test", "10.0.0.1").set("AAAA", "dual.test", "fd00::1");
        server.set("AAAA", "six.test", "fd00::2");
        resolver.start(recorder);
        assertThat(shown()).isEqualTo("dual.test:8080(10.0.0.1:8080)*1 six.test:8080([fd00::2]:8080)*1");
    }

    @Test
    void onlyTheLowestPriorityIsUsed() {
        server.set("SRV", NAME, "20 1 8080 spare.test", "10 1 8080 first.test");
        server.set("A", "first.test", "10.0.0.1").set("A", "spare.test", "10.0.0.2");
        resolver.start(recorder);
        assertThat(shown()).isEqualTo("first.test:8080(10.0.0.1:8080)*1");
    }

    @Test
    void theNextPriorityServesWhenNoTargetOfTheLowestExists() {
        server.set("SRV", NAME, "20 1 8080 spare.test", "10 1 8080 gone.test");
        server.set("A", "spare.test", "10.0.0.2");
        resolver.start(recorder);
        assertThat(shown()).isEqualTo("spare.test:8080(10.0.0.2:8080)*1");
    }

    @Test
    void theNextPriorityDoesNotServeWhenTheLowestOnlyCannotBeAsked() {
        server.set("SRV", NAME, "20 1 8080 spare.test", "10 1 8080 first.test");
        server.set("A", "spare.test", "10.0.0.2");
        server.mode("A", "first.test", DnsServer.Mode.SERVFAIL);
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0)).hasMessageContaining("DNS query for A of first.test");
    }

    @Test
    void weightZeroIsASmallShareBesideOthersAndAnEqualOneAmongItself() {
        server.set("SRV", NAME, "0 0 1 a.test", "0 1 1 b.test", "0 5 1 c.test");
        server.set("A", "a.test", "10.0.0.1").set("A", "b.test", "10.0.0.2").set("A", "c.test", "10.0.0.3");
        resolver.start(recorder);
        assertThat(recorder.last().endpoints()).extracting(Endpoint::weight).containsExactly(1, 10, 50);
        server.set("SRV", NAME, "0 0 1 a.test", "0 0 1 b.test");
        next();
        next();
        next();
        assertThat(recorder.last().endpoints()).extracting(Endpoint::weight).containsExactly(1, 1);
    }

    @Test
    void theLargestWeightFits() {
        server.set("SRV", NAME, "0 0 1 a.test", "0 65535 1 b.test");
        server.set("A", "a.test", "10.0.0.1").set("A", "b.test", "10.0.0.2");
        resolver.start(recorder);
        assertThat(recorder.last().endpoints()).extracting(Endpoint::weight).containsExactly(1, 655_350);
    }

    @Test
    void aScaleUpFromThreeToFiveIsSeenAtTheNextRefresh() {
        pods(3);
        resolver.start(recorder);
        pods(5);
        next();
        assertThat(recorder.last().endpoints()).hasSize(5);
    }

    @Test
    void aTargetThatCannotBeAskedForAWhileKeepsItsLastAddressAndTheOthersGoOn() {
        pods(2);
        resolver.start(recorder);
        server.mode("A", "pod-0.test", DnsServer.Mode.SERVFAIL);
        server.mode("AAAA", "pod-0.test", DnsServer.Mode.SERVFAIL);
        pods(3);
        next();
        assertThat(shown())
                .isEqualTo("pod-0.test:8080(10.0.0.0:8080)*1 pod-1.test:8080(10.0.0.1:8080)*1"
                        + " pod-2.test:8080(10.0.0.2:8080)*1");
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aTargetThatNoLongerExistsIsLeftOut() {
        pods(2);
        resolver.start(recorder);
        server.remove("A", "pod-0.test");
        next();
        assertThat(shown()).isEqualTo("pod-1.test:8080(10.0.0.1:8080)*1");
    }

    @Test
    void noServiceAtAllIsAnErrorAndNotAnEmptySet() {
        pods(1);
        resolver.start(recorder);
        server.set("SRV", NAME, "0 0 0 .");
        next();
        server.remove("SRV", NAME);
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors).hasSize(2);
        assertThat(recorder.errors.get(0)).hasMessageContaining("the service is not offered there");
        assertThat(recorder.errors.get(1)).hasMessageContaining(NAME + " does not exist (NXDOMAIN)");
    }

    @Test
    void recordsWhoseTargetsAllLackAnAddressAreAnError() {
        server.set("SRV", NAME, "0 1 1 gone.test");
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0))
                .hasMessage("none of the targets of SRV " + NAME + " has an address: DNS name gone.test does not exist"
                        + " (NXDOMAIN), according to " + server.address());
    }

    @Test
    void itsTlsNameIsTheNameWithoutServiceAndProtocol() {
        Target target = Target.parse("refreshing-dns+srv:///" + NAME);
        assertThat(target.provider().tlsName(target)).isEqualTo("orders.test");
    }

    @Test
    void aNameWithoutSrvRecordsIsAnError() {
        server.set("A", NAME, "10.0.0.1");
        resolver.start(recorder);
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS name " + NAME + " has no SRV record, according to " + server.address());
    }
}
