package dev.zerohop.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.config.Balancers;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

class DnsResolverTest extends ResolverContract {
    @TempDir
    Path directory;

    /** Answers come, however busy the machine is. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    /** For answers that do not come. */
    private static final Duration QUICK = Duration.ofMillis(300);

    private DnsServer server;
    private Duration timeout = PATIENT;
    private final ResolutionRecorder recorder = new ResolutionRecorder();
    private Resolver resolver;

    @BeforeEach
    void startServer() throws IOException {
        server = new DnsServer();
        resolver = resolver("orders.test:8080", "");
    }

    @AfterEach
    void stopServer() throws IOException {
        resolver.close();
        server.close();
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        server.set("A", "contract.test", endpoints.stream().map(Endpoint::host).toArray(String[]::new));
        return Target.parse("refreshing-dns:///contract.test:8081?server=" + server.address())
                .newResolver(env);
    }

    /** The real thing but for shorter timeouts. */
    private Resolver resolver(String path, String options) {
        Target target = Target.parse("refreshing-dns:///" + path + "?server=" + server.address() + options);
        DnsTarget dns = DnsTarget.addresses(target);
        return DnsResolverProviders.addresses(target, dns, names(dns.server(), dns.family()), env);
    }

    private DnsNames names(String dnsServer, DnsNames.Family family) {
        SystemDns system = new SystemDns(directory.resolve("resolv.conf"), directory.resolve("hosts"), server.port());
        return new DnsNames(
                dnsServer,
                system,
                name -> {
                    if (name.equals("from-elsewhere")) {
                        return new InetAddress[] {InetAddress.getByName("10.9.9.9"), InetAddress.getByName("fd00::9")};
                    }
                    throw new UnknownHostException(name);
                },
                family,
                timeout,
                2);
    }

    private void next() {
        time.advance(Duration.ofSeconds(6));
    }

    private List<String> ids() {
        return recorder.last().endpoints().stream().map(Endpoint::id).toList();
    }

    @Test
    void allAddressesOfBothFamiliesAreEndpoints() {
        server.set("A", "orders.test", "10.0.0.2", "10.0.0.1").set("AAAA", "orders.test", "2001:db8:0:0:0:0:0:1");
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080", "[2001:db8::1]:8080");
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(recorder.errors).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"ipv4, 10.0.0.1:8080, A", "ipv6, [fd00::1]:8080, AAAA"})
    void oneFamilyCanBeAskedForAlone(String family, String id, String type) {
        server.set("A", "orders.test", "10.0.0.1").set("AAAA", "orders.test", "fd00::1");
        try (Resolver one = resolver("orders.test:8080", "&family=" + family)) {
            one.start(recorder);
            assertThat(ids()).containsExactly(id);
            assertThat(server.asked).containsExactly("udp " + type + " orders.test");
        }
    }

    @Test
    void aScaleUpFromThreeToFiveIsSeenAtTheNextRefresh() {
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2", "10.0.0.3");
        resolver.start(recorder);
        assertThat(ids()).hasSize(3);
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5");
        next();
        assertThat(ids()).hasSize(5).contains("10.0.0.4:8080", "10.0.0.5:8080");
        assertThat(recorder.sets).hasSize(2);
    }

    @Test
    void aHintBringsTheScaleUpSooner() {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2");
        time.advance(Duration.ofMillis(1100));
        resolver.refresh();
        assertThat(ids()).hasSize(2);
    }

    @Test
    void theOrderOfTheAnswerIsNoChange() {
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2");
        resolver.start(recorder);
        server.set("A", "orders.test", "10.0.0.2", "10.0.0.1", "10.0.0.2");
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.confirmations).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SERVFAIL | DNS query for A of orders.test failed: SERVER failed to resolve it (SERVFAIL)",
                "REFUSED | DNS query for A of orders.test failed: SERVER refuses to answer (REFUSED)",
                "DROP | DNS query for A of orders.test failed: no answer within 600 ms from SERVER",
                "REFER | DNS query for A of orders.test failed: SERVER only refers to other servers, expected a recursive server",
                "GARBAGE | DNS query for A of orders.test failed: the answer of SERVER cannot be read: ",
            })
    void aFailureIsNotEmptyAndIsReportedOnce(DnsServer.Mode mode, String message) {
        server.set("A", "orders.test", "10.0.0.1");
        timeout = mode == DnsServer.Mode.DROP ? QUICK : PATIENT;
        try (Resolver one = resolver("orders.test:8080", "")) {
            one.start(recorder);
            answered(1);
            recorder.errors.clear();
            if (mode == DnsServer.Mode.REFER) {
                server.set("A", "orders.test");
            }
            server.mode(mode);
            next();
            next();
            assertThat(recorder.errors).hasSize(1);
            assertThat(recorder.errors.get(0)).hasMessageStartingWith(message.replace("SERVER", server.address()));
            assertThat(recorder.sets).hasSize(1);
            server.set("A", "orders.test", "10.0.0.1");
            server.mode(DnsServer.Mode.ANSWER);
            next();
            answered(2);
            assertThat(recorder.last().stale()).isFalse();
        }
    }

    /** Until there are so many sets: on a busy machine an answer may miss a short time-out. */
    private void answered(int sets) {
        for (int i = 0; i < 100 && recorder.sets.size() < sets; i++) {
            next();
        }
        assertThat(recorder.sets).hasSize(sets);
    }

    @Test
    void aServerThatIsNotThereIsNamedAsSuch() throws Exception {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        String address = server.address();
        server.close();
        next();
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS query for A of orders.test failed: no DNS server listens at " + address);
        assertThat(recorder.sets).hasSize(1);
    }

    @Test
    void aNameThatNoLongerExistsIsAnErrorAndNotAnEmptySet() {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        server.remove("A", "orders.test");
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS name orders.test does not exist (NXDOMAIN), according to " + server.address());
    }

    @Test
    void aNameWithoutAddressesIsAnErrorAndNotAnEmptySet() {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        server.set("A", "orders.test");
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS name orders.test has no A and no AAAA record, according to " + server.address());
    }

    @Test
    void aServerThatAlwaysFailsOnOneFamilyDoesNotHideTheOther() {
        server.set("A", "orders.test", "10.0.0.1");
        server.mode("AAAA", "orders.test", DnsServer.Mode.SERVFAIL);
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aFamilyThatHasAnsweredAndThenFailsIsMissedAndNotGivenUp() {
        server.set("A", "orders.test", "10.0.0.1").set("AAAA", "orders.test", "fd00::1");
        resolver.start(recorder);
        server.mode("AAAA", "orders.test", DnsServer.Mode.SERVFAIL);
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors).hasSize(1);
    }

    private void manyRecords() {
        String[] many = new String[300];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.0." + i / 200 + "." + i % 200;
        }
        server.set("A", "orders.test", many);
    }

    @Test
    void aTruncatedAnswerIsAskedForAgainOverTcp() {
        manyRecords();
        server.mode("A", "orders.test", DnsServer.Mode.TRUNCATE_UDP);
        resolver.start(recorder);
        assertThat(ids()).hasSize(300);
        assertThat(server.asked).contains("tcp A orders.test");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TRUNCATE_AND_CLOSE_TCP | the server closed the connection",
                "TRUNCATE_AND_DROP_TCP | no answer within 600 ms",
                "TRUNCATE_BOTH | it is truncated there as well",
            })
    void aTruncatedAnswerThatCannotBeCompletedIsAnErrorAndNeverAMembership(DnsServer.Mode mode, String why) {
        manyRecords();
        server.mode(mode);
        timeout = mode == DnsServer.Mode.TRUNCATE_AND_DROP_TCP ? QUICK : PATIENT;
        try (Resolver one = resolver("orders.test:8080", "")) {
            one.start(recorder);
            assertThat(recorder.sets).isEmpty();
            assertThat(recorder.errors.get(0))
                    .hasMessageStartingWith("DNS query for A of orders.test failed: ")
                    .hasMessageEndingWith("the answer of " + server.address()
                            + " over UDP is truncated and could not be completed over TCP (" + why + ")");
            server.mode(DnsServer.Mode.ANSWER);
            server.mode("A", "orders.test", DnsServer.Mode.TRUNCATE_UDP);
            next();
            answered(1);
            assertThat(ids()).hasSize(300);
        }
    }

    @Test
    void aTruncatedAnswerWithoutAServerOnTcpIsAnError() throws Exception {
        manyRecords();
        server.closeTcp();
        server.mode("A", "orders.test", DnsServer.Mode.TRUNCATE_BOTH);
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0)).hasMessageContaining("could not be completed over TCP (Connection refused");
    }

    @Test
    void bothFamiliesAreAskedForAtOnce() {
        server.set("A", "orders.test", "10.0.0.1").set("AAAA", "orders.test", "fd00::1");
        // Neither is answered before both were asked.
        server.holdUntil(2);
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080", "[fd00::1]:8080");
        assertThat(server.asked).containsExactlyInAnyOrder("udp A orders.test", "udp AAAA orders.test");
    }

    @Test
    void aServerThatDoesNotKnowEdnsIsAskedWithoutIt() {
        server.set("A", "orders.test", "10.0.0.1");
        server.mode(DnsServer.Mode.NO_EDNS);
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void anAnswerToAnotherQuestionIsWaitedPast() {
        server.set("A", "orders.test", "10.0.0.1");
        server.mode(DnsServer.Mode.STRAY_FIRST);
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void theNextServerIsAskedWhenOneFails() throws Exception {
        try (DnsServer broken = new DnsServer()) {
            broken.mode(DnsServer.Mode.SERVFAIL);
            server.set("A", "orders.test", "10.0.0.1");
            List<InetSocketAddress> both = List.of(
                    new InetSocketAddress("127.0.0.1", broken.port()),
                    new InetSocketAddress("127.0.0.1", server.port()));
            Question question = new Question(Name.fromString("orders.test."), Type.A);
            assertThat(new DnsClient(both, PATIENT, 2)
                            .ask(List.of(question))
                            .get(question)
                            .answer()
                            .records())
                    .hasSize(1);
            server.mode(DnsServer.Mode.DROP);
            broken.mode(DnsServer.Mode.DROP);
            assertThat(new DnsClient(both, QUICK, 2)
                            .ask(List.of(question))
                            .get(question)
                            .failure())
                    .hasMessage("DNS query for A of orders.test failed: no answer within 600 ms from "
                            + broken.address() + "; no answer within 600 ms from " + server.address());
        }
    }

    @Test
    void manyQuestionsAtOnceAreAllAnswered() throws Exception {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            server.set("A", "pod-" + i + ".test", "10.0.0." + i);
            questions.add(new Question(Name.fromString("pod-" + i + ".test."), Type.A));
        }
        DnsClient client =
                new DnsClient(List.of(new InetSocketAddress("127.0.0.1", server.port())), Duration.ofSeconds(20), 2);
        assertThat(client.ask(questions).values()).hasSize(200).allMatch(reply -> reply.answer() != null);
    }

    // ---- who owns a record ----

    private static DnsServer.Rr rr(String owner, String type, String data) {
        return new DnsServer.Rr(owner, type, 5, data);
    }

    @Test
    void aChainOfAliasesIsFollowedWithinTheAnswer() {
        server.answer(
                "A",
                "orders.test",
                () -> List.of(
                        rr("b.test", "A", "10.0.0.1"),
                        rr("Orders.Test", "CNAME", "a.test"),
                        rr("a.test", "CNAME", "B.test"),
                        rr("c.test", "A", "10.6.6.6")));
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void aChainThatEndsOutsideOfTheAnswerIsAskedForOn() {
        server.answer("A", "orders.test", () -> List.of(rr("orders.test", "CNAME", "a.test")));
        server.set("A", "a.test", "10.0.0.1");
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void aChainThatEndsNowhereIsAnErrorThatNamesItsEnd() {
        server.answer("A", "orders.test", () -> List.of(rr("orders.test", "CNAME", "gone.test")));
        server.answer("AAAA", "orders.test", () -> List.of(rr("orders.test", "CNAME", "gone.test")));
        resolver.start(recorder);
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS name orders.test has no address: its CNAME target gone.test does not exist"
                        + " (NXDOMAIN), according to " + server.address());
    }

    @Test
    void aChainThatRunsInACircleIsAnError() {
        server.answer(
                "A",
                "orders.test",
                () -> List.of(rr("orders.test", "CNAME", "a.test"), rr("a.test", "CNAME", "orders.test")));
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0)).hasMessageContaining("lead in a circle at orders.test");
    }

    @Test
    void recordsOfAnotherNameAreNoMembers() {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        server.answer("A", "orders.test", () -> List.of(rr("elsewhere.test", "A", "10.6.6.6")));
        next();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors.get(0))
                .hasMessage("DNS query for A of orders.test failed: the answer of " + server.address()
                        + " holds records of elsewhere.test and none of the queried name");
        server.answer(
                "A",
                "orders.test",
                () -> List.of(rr("elsewhere.test", "A", "10.6.6.6"), rr("orders.test", "A", "10.0.0.1")));
        next();
        assertThat(ids()).containsExactly("10.0.0.1:8080");
    }

    // ---- time to live ----

    private int askedFor(String options, long ttl) {
        server.ttl(ttl);
        server.set("A", "orders.test", "10.0.0.1");
        server.asked.clear();
        try (Resolver one = resolver("orders.test:8080", "&family=ipv4" + options)) {
            one.start(recorder);
            time.advance(Duration.ofMinutes(2));
        }
        return server.asked.size();
    }

    @ParameterizedTest
    @CsvSource({
        // Every ttl and up to 15 % later, within the bounds, for 120 s after the first.
        "'', 12, 9, 11",
        "'', 0, 21, 25",
        "'', 1, 21, 25",
        "'', 3600, 4, 5",
        "'&maxTtl=5m', 3600, 1, 1",
        "'&minTtl=1s', 1, 105, 121",
        "'&minTtl=1s', 0, 105, 121",
        "'&maxTtl=2s', 30, 53, 61",
        "'&minTtl=1m', 5, 2, 3",
    })
    void theTimeToLiveIsHonouredWithinItsBounds(String options, long ttl, int atLeast, int atMost) {
        assertThat(askedFor(options, ttl)).isBetween(atLeast, atMost);
    }

    @Test
    void theLeastTimeToLiveOfTheChainCounts() {
        server.answer(
                "A",
                "orders.test",
                () -> List.of(
                        new DnsServer.Rr("orders.test", "CNAME", 9, "a.test"),
                        new DnsServer.Rr("a.test", "A", 30, "10.0.0.1")));
        try (Resolver one = resolver("orders.test:8080", "&family=ipv4")) {
            one.start(recorder);
            time.advance(Duration.ofSeconds(92));
            assertThat(server.asked).hasSizeBetween(9, 11);
        }
    }

    // ---- answers that carry a part of the records ----

    @Test
    void anAddressLeavesAfterThreeAnswersWithoutIt() {
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2", "10.0.0.3");
        resolver.start(recorder);
        assertThat(recorder.last().note()).isEqualTo("an address leaves after 3 answers without it");
        server.set("A", "orders.test", "10.0.0.1", "10.0.0.2");
        next();
        next();
        assertThat(ids()).hasSize(3);
        next();
        assertThat(ids()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
        assertThat(recorder.sets).hasSize(2);
    }

    @Test
    void answersOfSixOfTenAtRandomMoveNoEndpoint() {
        Random chance = new Random(7);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add("10.0.0." + i);
        }
        server.answer("A", "orders.test", () -> {
            Collections.shuffle(all, chance);
            return all.subList(0, 6).stream()
                    .map(address -> rr("orders.test", "A", address))
                    .toList();
        });
        try (Resolver one = resolver("orders.test:8080", "&family=ipv4")) {
            one.start(recorder);
            time.advance(Duration.ofSeconds(120));
            assertThat(ids()).hasSize(10);
            int before = recorder.sets.size();
            time.advance(Duration.ofMinutes(30));
            assertThat(server.asked).hasSizeGreaterThan(300);
            assertThat(ids()).hasSize(10);
            assertThat(recorder.sets).hasSize(before);
            assertThat(recorder.last().note())
                    .isEqualTo("answers of one size differ, so each carries a part: an address leaves after 15 answers"
                            + " without it");
        }
    }

    @Test
    void theTargetMayStateAfterHowManyAnswersAnAddressLeaves() {
        server.set("A", "orders.test", "10.0.0.1");
        try (Resolver atOnce = resolver("orders.test:8080", "&leaveAfter=1")) {
            atOnce.start(recorder);
            server.set("A", "orders.test", "10.0.0.2");
            next();
            assertThat(ids()).containsExactly("10.0.0.2:8080");
        }
    }

    @Test
    void explainSaysWhichRuleHolds() {
        server.set("A", "orders.test", "10.0.0.1");
        try (Balancer balancer = Balancers.forTarget(
                        "refreshing-dns:///orders.test:8080?server=" + server.address(), env)
                .build()) {
            balancer.start();
            time.advance(Duration.ofSeconds(1));
            assertThat(balancer.explain(PickContext.NONE).source())
                    .endsWith(", an address leaves after 3 answers without it");
        }
    }

    @Test
    void questionsLeaveNoSocketOpen() {
        var system = (com.sun.management.UnixOperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        long before = system.getOpenFileDescriptorCount();
        time.advance(Duration.ofMinutes(5));
        assertThat(server.asked).hasSizeGreaterThan(90);
        assertThat(system.getOpenFileDescriptorCount()).isLessThan(before + 20);
    }

    @Test
    void anIpLiteralResolvesToItselfWithoutAQuestion() {
        try (Resolver literal = resolver("[2001:DB8:0::1]:8080", "")) {
            literal.start(recorder);
            assertThat(ids()).containsExactly("[2001:db8::1]:8080");
        }
        assertThat(server.asked).isEmpty();
    }

    @Test
    void questionsAreJittered() {
        server.set("A", "orders.test", "10.0.0.1");
        resolver.start(recorder);
        time.advance(Duration.ofMinutes(3));
        assertThat(recorder.confirmations.stream()
                        .map(at -> at.toEpochMilli() % 1000)
                        .distinct()
                        .count())
                .isGreaterThan(20);
    }

    // ---- the system's own names ----

    private Resolver system(String path) {
        Target target = Target.parse("refreshing-dns:///" + path);
        DnsTarget dns = DnsTarget.addresses(target);
        return DnsResolverProviders.addresses(target, dns, names(null, dns.family()), env);
    }

    @Test
    void theHostsFileComesFirstAndIsReadAgainEachTime() throws Exception {
        Files.writeString(
                directory.resolve("hosts"),
                "# local\n10.1.1.1 other Orders.Local # x\nfd00::1\torders.local\nbad line\n");
        try (Resolver local = system("orders.local:80")) {
            local.start(recorder);
            assertThat(ids()).containsExactly("10.1.1.1:80", "[fd00::1]:80");
            Files.writeString(directory.resolve("hosts"), "10.1.1.2 orders.local\n");
            next();
            assertThat(ids()).containsExactly("10.1.1.2:80");
        }
    }

    @Test
    void localhostIsAlwaysKnown() {
        try (Resolver local = system("localhost:80")) {
            local.start(recorder);
            assertThat(ids()).containsExactly("127.0.0.1:80");
        }
    }

    @Test
    void aNameThatDnsDoesNotKnowIsLeftToTheOperatingSystem() throws Exception {
        Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
        assertThat(names(null, DnsNames.Family.ANY).addresses("from-elsewhere").addresses())
                .containsExactly("10.9.9.9", "fd00::9");
        assertThat(names(null, DnsNames.Family.IPV4).addresses("from-elsewhere").addresses())
                .containsExactly("10.9.9.9");
        assertThatThrownBy(() -> names(null, DnsNames.Family.ANY).addresses("nowhere"))
                .isInstanceOf(NoRecordsException.class);
    }

    @Test
    void aNameThatDnsCannotTellIsNotLookedForElsewhere() throws Exception {
        Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
        server.mode(DnsServer.Mode.SERVFAIL);
        assertThatThrownBy(() -> names(null, DnsNames.Family.ANY).addresses("from-elsewhere"))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(NoRecordsException.class);
    }

    @Test
    void aGivenServerIsTheOnlyOneAsked() {
        assertThatThrownBy(() -> names(server.address(), DnsNames.Family.ANY).addresses("from-elsewhere"))
                .isInstanceOf(NoRecordsException.class);
        assertThatThrownBy(() -> names(server.address(), DnsNames.Family.ANY).addresses("localhost"))
                .isInstanceOf(NoRecordsException.class);
    }

    @Test
    void theSearchListIsWalkedUntilANameIsKnown() throws Exception {
        Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\nsearch one.test two.test\n");
        server.set("A", "orders.two.test", "10.0.0.1");
        try (Resolver local = system("orders:80")) {
            local.start(recorder);
            assertThat(ids()).containsExactly("10.0.0.1:80");
        }
    }

    @Test
    void aFailureEndsTheSearchBecauseTheNextNameMayBeAnotherService() throws Exception {
        Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\nsearch one.test two.test\n");
        server.set("A", "orders.two.test", "10.0.0.1");
        server.mode("A", "orders.one.test", DnsServer.Mode.SERVFAIL);
        try (Resolver local = system("orders:80")) {
            local.start(recorder);
            assertThat(recorder.sets).isEmpty();
            assertThat(recorder.errors.get(0)).hasMessageContaining("DNS query for A of orders.one.test");
        }
    }

    @Test
    void literalsAreKeptToTheFamilyThatIsWanted() {
        assertThatThrownBy(() -> names(null, DnsNames.Family.IPV6).addresses("10.0.0.1"))
                .hasMessage("10.0.0.1 is [10.0.0.1], expected an address of family IPV6");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "orders | 1 | orders.shop.svc,orders.svc,orders",
                "orders.shop | 1 | orders.shop,orders.shop.shop.svc,orders.shop.svc",
                "orders.shop | 5 | orders.shop.shop.svc,orders.shop.svc,orders.shop",
                "orders.shop. | 5 | orders.shop",
            })
    void theSearchListAndNdotsAreKept(String name, int ndots, String expected) throws Exception {
        Files.writeString(
                directory.resolve("resolv.conf"),
                "; comment\nnameserver 10.0.0.53\nnameserver fd00::53\nsearch shop.svc svc.\noptions edns0 ndots:"
                        + ndots + "\n");
        SystemDns.Configuration configuration =
                new SystemDns(directory.resolve("resolv.conf"), directory.resolve("none"), 53).configuration();
        assertThat(configuration.candidates(name)).containsExactly(expected.split(","));
        assertThat(configuration.servers()).containsExactly("10.0.0.53:53", "[fd00::53]:53");
    }

    @Test
    void aResolvConfWithoutServersMeansTheLocalOneAndNoFileMeansThePlatforms() throws Exception {
        SystemDns system = new SystemDns(directory.resolve("resolv.conf"), directory.resolve("none"), 53);
        assertThat(system.configuration().servers()).isNotEmpty();
        Files.writeString(directory.resolve("resolv.conf"), "search a.test\n");
        assertThat(system.configuration().servers()).containsExactly("127.0.0.1:53");
    }

    @Test
    void itsTlsNameIsTheName() {
        Target target = Target.parse("refreshing-dns:///orders.example.:443");
        assertThat(target.provider().tlsName(target)).isEqualTo("orders.example");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "refreshing-dns:// | 17 | found no name, expected refreshing-dns:///name:port",
                "refreshing-dns:/// | 18 | found no name, expected refreshing-dns:///name:port",
                "refreshing-dns://orders:80 | 17 | found 'orders:80' between // and the next slash, expected nothing there: refreshing-dns:///name:port",
                "refreshing-dns://8.8.8.8/orders:80 | 17 | found '8.8.8.8' between // and the next slash, expected nothing there",
                "refreshing-dns:///orders | 18 | found 'orders' without a port, expected host:port",
                "refreshing-dns:///orders:0 | 25 | found port '0', expected a number from 1 to 65535",
                "refreshing-dns:///orders:http | 25 | found port 'http', expected a number from 1 to 65535",
                "refreshing-dns:///a/b:80 | 18 | found 'a/b', expected a host name",
                "refreshing-dns:///a:80,b:80 | 18 | found 'a:80,b:80', expected one colon",
                "refreshing-dns:///orders:80?server=1.2.3.4 | 35 | server: found '1.2.3.4' without a port, expected host:port",
                "refreshing-dns:///orders:80?server= | 35 | server: found nothing, expected host:port",
                "refreshing-dns:///orders:80?sever=a:1 | 28 | found parameter 'sever', expected server, minTtl, maxTtl, family or leaveAfter",
                "refreshing-dns:///orders:80?refresh=5s | 28 | found parameter 'refresh', expected server, minTtl, maxTtl, family or leaveAfter",
                "refreshing-dns:///orders:80?server=a:1&server=b:1 | 39 | parameter 'server' was given twice, expected once",
                "refreshing-dns:///orders:80? | 28 | found '', expected a parameter name=value",
                "refreshing-dns:///orders:80?minTtl=5 | 35 | minTtl was '5', expected 100ms to 60m, such as 500ms, 5s or 1m",
                "refreshing-dns:///orders:80?maxTtl=0s | 35 | maxTtl was '0s', expected 100ms to 60m, such as 500ms, 5s or 1m",
                "refreshing-dns:///orders:80?maxTtl=61m | 35 | maxTtl was '61m', expected 100ms to 60m, such as 500ms, 5s or 1m",
                "refreshing-dns:///orders:80?minTtl=-5s | 35 | minTtl was '-5s', expected 100ms to 60m, such as 500ms, 5s or 1m",
                "refreshing-dns:///orders:80?minTtl=9s&maxTtl=8s | 28 | minTtl was 9000 ms and maxTtl 8000 ms, expected minTtl to be no more than maxTtl",
                "refreshing-dns:///orders:80?leaveAfter=0 | 39 | leaveAfter was '0', expected a whole number from 1 to 100",
                "refreshing-dns:///orders:80?family=v4 | 35 | family was 'v4', expected ipv4 or ipv6",
                "refreshing-dns+srv:/// | 22 | found no name, expected refreshing-dns+srv:///_service._proto.name",
                "refreshing-dns+srv://x/_grpc._tcp.a | 21 | found 'x' between // and the next slash, expected nothing there",
                "refreshing-dns+srv:///_grpc._tcp.a:80 | 22 | found '_grpc._tcp.a:80', expected a name without a port, since SRV records contain it",
                "refreshing-dns+srv:///10.0.0.1 | 22 | found '10.0.0.1', expected a name with SRV records",
                "refreshing-dns+srv:///a..b | 22 | found 'a..b', expected a host name",
                "refreshing-dns+srv:///_grpc._tcp.a?port=1 | 35 | found parameter 'port', expected server, minTtl, maxTtl, family or leaveAfter",
            })
    void aBadTargetIsRefusedWithPositionValueAndWhatWasExpected(String target, int position, String message) {
        assertThatThrownBy(() -> Target.parse(target).newResolver(env))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("target '" + target + "' at position " + position + ": " + message);
    }

    @Test
    void itWorksOnTheRealClockAndThreads() {
        server.set("A", "orders.test", "10.0.0.1");
        Target target =
                Target.parse("refreshing-dns:///orders.test:80?minTtl=100ms&maxTtl=100ms&server=" + server.address());
        try (Resolver real = target.newResolver(Env.system())) {
            real.start(recorder);
            ConditionFactory await = Awaitility.await().atMost(Duration.ofSeconds(60));
            await.until(() -> recorder.calls() > 2);
            server.set("A", "orders.test", "10.0.0.1", "10.0.0.2");
            await.until(() -> recorder.last().endpoints().size() == 2);
        }
    }

    @Test
    void namesInAnswersAreShownInPrintableForm() {
        String hostile = "\u001b]52;c;aGk=\u0007\nINJECTED\u009b31m.test";
        server.answer(
                "A",
                "orders.test",
                () -> List.of(rr("orders.test", "CNAME", hostile), rr(hostile, "CNAME", "orders.test")));
        server.answer("AAAA", "orders.test", () -> List.of(rr(hostile, "AAAA", "fd00::1")));
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors).isNotEmpty().allSatisfy(error -> {
            String message = String.valueOf(error.getMessage());
            assertThat(message).contains("orders.test").isEqualTo(Printable.text(message));
        });
    }

    @Test
    void aServerThatTheMachineNamesOddlyIsShownInPrintableForm() throws Exception {
        Files.writeString(directory.resolve("resolv.conf"), "nameserver \u001b]52;c;aGk=\u0007\n");
        Target target = Target.parse("refreshing-dns:///orders.test:8080");
        try (Resolver ofMachine = DnsResolverProviders.addresses(
                target, DnsTarget.addresses(target), names(null, DnsNames.Family.ANY), env)) {
            ofMachine.start(recorder);
            assertThat(recorder.errors).hasSize(1);
            String message = String.valueOf(recorder.errors.get(0).getMessage());
            assertThat(message).contains("\\u001b]52;c;aGk=\\u0007").isEqualTo(Printable.text(message));
        }
    }
}
