package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an operator reads in the log of the changes of one balancer. */
class ChangeLogTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Balancer balancer = Balancer.builder("orders")
            .env(Env.system().withTime(time))
            .serialExecutor(Runnable::run)
            .resolver(resolver)
            .settings(settings())
            .build();

    private static BalancerSettings settings() {
        return BalancerSettings.builder(Pickers.roundRobin())
                .stages(List.of(new HealthFilter()))
                .ejection(OutlierEjection.builder()
                        .consecutiveFailures(3)
                        .maxPercent(100)
                        .jitter(Duration.ZERO)
                        .build())
                .build();
    }

    private static Endpoint endpoint(int i) {
        return Endpoint.builder("10.0.0." + i, 80).id("orders-" + i).build();
    }

    private static Endpoint[] endpoints(int from, int to) {
        return IntStream.range(from, to).mapToObj(ChangeLogTest::endpoint).toArray(Endpoint[]::new);
    }

    /** What is logged meanwhile: level and text. */
    private static List<String> logged(Runnable work) {
        return LoggedLines.during(work).stream()
                .map(line -> line.substring(line.indexOf(']') + 2).replace("dev.zerohop.Balancer - ", ""))
                .toList();
    }

    private void fail(String id, Outcome outcome, int times) {
        Node node = balancer.current().snapshot().members().stream()
                .filter(each -> each.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
        for (int i = 0; i < times; i++) {
            balancer.begin(node).complete(outcome);
        }
        time.advance(Duration.ofMillis(10));
    }

    @Test
    void membersAreNamedOnceForEachChange() {
        balancer.start();
        assertThat(logged(() -> resolver.push(endpoints(0, 3))))
                .containsExactly("INFO orders: 3 endpoints, 3 added (orders-0, orders-1, orders-2)");
        assertThat(logged(() -> resolver.push(endpoints(0, 3)))).isEmpty();
        assertThat(logged(() -> resolver.push(endpoints(1, 9))))
                .containsExactly("INFO orders: 8 endpoints, 6 added (orders-3, orders-4, orders-5, orders-6, orders-7"
                        + " and 1 more), 1 removed (orders-0)");
        Endpoint moved = Endpoint.builder("10.9.9.9", 80).id("orders-1").build();
        Endpoint[] next = endpoints(1, 9);
        next[0] = moved;
        assertThat(logged(() -> resolver.push(next)))
                .containsExactly("INFO orders: 8 endpoints, 1 added (orders-1 with another address)");
    }

    @Test
    void anEndpointThatFailsIsNamedWithItsReasonAndNamedAgainWhenItIsBack() {
        balancer.start();
        resolver.push(endpoints(0, 5));
        assertThat(logged(() -> fail("orders-2", Outcome.TIMEOUT, 3)))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("WARN orders: orders-2(10.0.0.2:80) is EJECTED since now: 3 consecutive failures")
                        .endsWith("(was UNKNOWN)"));
        assertThat(logged(() -> time.advance(Duration.ofSeconds(35))))
                .as("half open is not back yet")
                .isEmpty();
        assertThat(logged(() -> fail("orders-2", Outcome.SUCCESS, 1)))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("INFO orders: orders-2(10.0.0.2:80) is in use again after 35")
                        .contains("was HALF_OPEN"));
    }

    @Test
    void panicAndTheLossOfAllAreSaidOnceAndTheirEndToo() {
        balancer.start();
        resolver.push(endpoints(0, 2));
        List<String> lines = logged(() -> {
            fail("orders-0", Outcome.TIMEOUT, 3);
            fail("orders-1", Outcome.TIMEOUT, 3);
        });
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("WARN orders: orders-0(10.0.0.0:80) is EJECTED");
        assertThat(lines.get(1)).startsWith("WARN orders: orders-1(10.0.0.1:80) is EJECTED");
        assertThat(lines).contains("ERROR orders: none of 2 endpoints is well, calls go to 2 of them all the same");
        assertThat(lines).anyMatch(line -> line.startsWith("WARN orders: panic: 0 of 2 usable is below 50 %"));
        List<String> after = logged(() -> {
            time.advance(Duration.ofSeconds(35));
            fail("orders-0", Outcome.SUCCESS, 1);
            fail("orders-1", Outcome.SUCCESS, 1);
        });
        assertThat(after)
                .filteredOn(line -> line.contains("the panic is over after"))
                .hasSize(1);
        assertThat(after)
                .filteredOn(line -> line.matches("INFO orders: 1 of 2 endpoints are well, after 35.* without any"))
                .hasSize(1);
    }

    @Test
    void noEndpointThatCanBeUsedIsAnErrorWithTheReason() {
        balancer.start();
        assertThat(logged(() -> resolver.push(Endpoint.builder("10.0.0.1", 80)
                        .id("orders-1")
                        .readiness(Endpoint.Readiness.NOT_READY)
                        .build())))
                .filteredOn(line -> line.startsWith("ERROR"))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("ERROR orders: no endpoint can be used, calls fail: ")
                        .contains("orders-1(10.0.0.1:80) is NOT_READY"));
    }

    @Test
    void thousandsOfEndpointsThatFailAtOnceAreAFewLines() {
        balancer.start();
        resolver.push(endpoints(0, 200));
        List<String> lines = logged(() -> {
            for (int i = 0; i < 200; i++) {
                fail("orders-" + i, Outcome.CONNECT_FAILURE, 1);
            }
            time.advance(Duration.ofSeconds(10));
        });
        assertThat(lines.stream().filter(line -> line.startsWith("WARN"))).hasSizeBetween(10, 12);
        assertThat(lines).anyMatch(line -> line.contains(" more endpoints were taken out of use within "));
        assertThat(lines)
                .as("what concerns the whole service is not counted among them")
                .anyMatch(line -> line.contains("none of 200 endpoints is well"));
    }

    @Test
    void aConfigurationIsSaidWithItsPolicy() {
        balancer.start();
        assertThat(logged(() -> balancer.apply(BalancerSettings.builder(Pickers.leastRequest())
                        .stages(List.of(new HealthFilter()))
                        .build())))
                .containsExactly("INFO orders: a configuration is in force: policy " + Pickers.leastRequest()
                        + ", stages [health]");
    }

    @Test
    void afterItsEndNothingIsLoggedAndNoTimerIsLeft() {
        balancer.start();
        resolver.push(endpoints(0, 50));
        for (int i = 0; i < 50; i++) {
            fail("orders-" + i, Outcome.CONNECT_FAILURE, 1);
        }
        List<String> lines = logged(balancer::close);
        assertThat(lines).as("what was only counted so far").hasSize(1);
        assertThat(logged(() -> time.advance(Duration.ofHours(1)))).isEmpty();
    }

    @Test
    void anEndpointThatStaysOutIsNamedOnceHoweverOftenItIsTried() {
        balancer.start();
        resolver.push(endpoints(0, 5));
        List<String> lines = logged(() -> {
            for (int i = 0; i < 8; i++) {
                fail("orders-2", Outcome.CONNECT_FAILURE, 1);
                time.advance(Duration.ofMinutes(1));
            }
        });
        assertThat(lines).singleElement().satisfies(line -> assertThat(line).contains("is UNREACHABLE since now"));
        assertThat(logged(() -> fail("orders-2", Outcome.SUCCESS, 1)))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("orders-2(10.0.0.2:80) is in use again after 8 min"));
    }

    @Test
    void anEndpointThatCameBackElsewhereIsAnotherOne() {
        balancer.start();
        Endpoint[] set = endpoints(0, 5);
        resolver.push(set);
        fail("orders-2", Outcome.TIMEOUT, 3);
        Endpoint[] next = set.clone();
        next[2] = Endpoint.builder("10.9.9.9", 80).id("orders-2").build();
        resolver.push(next);
        time.advance(Duration.ofDays(3));
        assertThat(logged(() -> fail("orders-2", Outcome.TIMEOUT, 3)))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("orders-2(10.9.9.9:80) is EJECTED since now"));
        time.advance(Duration.ofSeconds(35));
        assertThat(logged(() -> fail("orders-2", Outcome.SUCCESS, 1)))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("is in use again after 35"));
    }

    @Test
    void whatAChannelCannotConnectToIsOutToo() {
        balancer.start();
        Endpoint[] set = endpoints(0, 3);
        resolver.push(set);
        Health up = new Health(Health.Status.HEALTHY, "connectivity", "READY", time.nanoTime());
        Health connecting = new Health(Health.Status.CONNECTING, "connectivity", "connecting", time.nanoTime());
        Health down = new Health(Health.Status.DISCONNECTED, "connectivity", "refused", time.nanoTime());
        ChangeLog log = new ChangeLog("orders", time);
        assertThat(logged(() -> log.onHealth("orders", set[1], connecting, down)))
                .containsExactly(
                        "WARN orders: orders-1(10.0.0.1:80) is DISCONNECTED since now: refused (was CONNECTING)");
        assertThat(logged(() -> log.onHealth("orders", set[1], down, connecting)))
                .isEmpty();
        assertThat(logged(() -> log.onHealth("orders", set[1], connecting, down)))
                .isEmpty();
        assertThat(logged(() -> log.onHealth("orders", set[1], down, up))).hasSize(1);
    }

    @Test
    void aSourceThatComesAndGoesIsAFewLines() {
        balancer.start();
        resolver.push(endpoints(0, 3));
        List<String> lines = logged(() -> {
            for (int i = 0; i < 100; i++) {
                resolver.fail(new java.io.IOException("etcd is gone"));
                time.advance(Duration.ofMillis(500));
                resolver.push(endpoints(0, 3));
                time.advance(Duration.ofMillis(500));
            }
        });
        assertThat(lines).hasSizeBetween(11, 16);
        assertThat(lines.get(0)).contains("cannot be read: etcd is gone");
        assertThat(lines.get(lines.size() - 1)).contains(" more failures and answers of the source within ");
    }

    @Test
    void thePanicThatEndsBecauseNothingIsLeftToDoubtIsNoGoodNews() {
        ChangeLog log = new ChangeLog("orders", time);
        balancer.start();
        resolver.push(endpoints(0, 2));
        fail("orders-0", Outcome.TIMEOUT, 3);
        fail("orders-1", Outcome.TIMEOUT, 3);
        Snapshot none = balancer.current().snapshot();
        List<String> lines = logged(() -> {
            log.onPanic("orders", true, "panic: 0 of 2 usable");
            log.onRebuild("orders", none, Duration.ZERO);
            log.onPanic("orders", false, "");
        });
        assertThat(lines.get(lines.size() - 1))
                .contains("the panic is over after")
                .endsWith("and still no endpoint is well");
    }

    @Test
    void anEndpointThatLeavesAndIsTheLastOneIsWell() {
        balancer.start();
        List<String> lines = logged(() -> resolver.push(
                Endpoint.builder("10.0.0.1", 80)
                        .id("orders-1")
                        .readiness(Endpoint.Readiness.DRAINING)
                        .build(),
                Endpoint.builder("10.0.0.2", 80)
                        .id("orders-2")
                        .readiness(Endpoint.Readiness.NOT_READY)
                        .build()));
        assertThat(lines).noneMatch(line -> line.startsWith("ERROR"));
    }
}
