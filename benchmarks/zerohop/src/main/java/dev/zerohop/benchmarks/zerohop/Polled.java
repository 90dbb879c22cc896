package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.admin.StatusPage;
import dev.zerohop.picker.Pickers;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a status page adds to an attempt: without a page, with one that counts, and with one that a browser and {@code top} ask each second, of a thousand endpoints. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Polled {
    @Param({"none", "open", "polled"})
    String page;

    @Param("1000")
    int n;

    private final ScheduledExecutorService poller = Executors.newSingleThreadScheduledExecutor();
    private final StatusPage shown = StatusPage.create();
    private Subject subject;
    private Balancer balancer;
    private volatile int asked;

    @Setup
    public void open() {
        if (page.equals("none")) {
            shown.close();
        }
        subject = Subject.of(BalancerSettings.of(Pickers.leastRequest()));
        balancer = subject.balancer();
        subject.source().push(Subject.endpoints(n));
        if (page.equals("polled")) {
            poller.scheduleAtFixedRate(this::ask, 0, 1, TimeUnit.SECONDS);
        }
    }

    private void ask() {
        for (String path : new String[] {"/", "/state.json"}) {
            asked += shown.respond("GET", "localhost", path, null).body().length;
        }
    }

    @TearDown
    public void close() {
        poller.shutdownNow();
        subject.close();
        shown.close();
        if (page.equals("polled") == (asked == 0)) {
            throw new IllegalStateException("page was " + page + ", and " + asked + " bytes were answered");
        }
    }

    @Benchmark
    public boolean acquire() {
        return balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
    }
}
