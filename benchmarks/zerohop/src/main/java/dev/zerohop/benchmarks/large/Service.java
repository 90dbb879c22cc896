package dev.zerohop.benchmarks.large;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.KeyDirectory;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.Snapshot;
import dev.zerohop.benchmarks.common.Fleet;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A balancer whose control path has a thread of its own, its source and a source of verdicts. */
final class Service implements Resolver, HealthSource, BalancerListener {
    private static final PickContext KEYED = PickContext.of(EndpointSelector.of("customer-1"));

    private final ThreadPoolExecutor control;
    private final Balancer balancer;
    private volatile Runnable published = () -> {};
    private Thread thread;
    private Listener listener;
    private Sink verdicts;

    Service(String policy) {
        this.control = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::newThread);
        control.prestartAllCoreThreads();
        this.balancer = Balancer.builder("orders")
                .resolver(this)
                .healthSource(this)
                .listener(this)
                .settings(Configurations.defaults().withPolicy(Pickers.byName(policy)))
                .serialExecutor(control)
                .build();
        balancer.start();
    }

    private Thread newThread(Runnable task) {
        thread = new Thread(task, "control");
        thread.setDaemon(true);
        return thread;
    }

    /** Sorted by id, as etcd's keys are. */
    static List<Endpoint> endpoints(int n) {
        List<Endpoint> endpoints = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            endpoints.add(Endpoint.builder(Fleet.host(i), Fleet.PORT)
                    .id("orders-" + i)
                    .ordinal(i)
                    .weight(Fleet.weight(i))
                    .build());
        }
        endpoints.sort(Comparator.comparing(Endpoint::id));
        return endpoints;
    }

    static Resolution resolution(List<Endpoint> endpoints) {
        return Resolution.of(EndpointSet.builder("benchmark")
                .endpoints(endpoints)
                .removals(EndpointSet.Removals.MEANT)
                .directory(Directory.ONE)
                .build());
    }

    Balancer balancer() {
        return balancer;
    }

    Thread controlThread() {
        return thread;
    }

    /** How many tasks of the control path have not begun. */
    int waiting() {
        return control.getQueue().size();
    }

    void push(List<Endpoint> endpoints) {
        push(resolution(endpoints));
    }

    void push(Resolution resolution) {
        listener.onResolution(resolution);
    }

    Sink verdicts() {
        return verdicts;
    }

    /** Waits until there is an endpoint to pick. */
    void pick() throws Exception {
        while (true) {
            CompletionStage<Void> change = balancer.nextChange();
            try {
                balancer.acquire(KEYED).complete(Outcome.SUCCESS);
                return;
            } catch (NoEndpointException notYet) {
                change.toCompletableFuture().get(60, TimeUnit.SECONDS);
            }
        }
    }

    /** What to do on the control thread whenever a version was published. */
    void onPublished(Runnable task) {
        published = task;
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        published.run();
    }

    @Override
    public String name() {
        return "probes";
    }

    @Override
    public void start(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void start(Sink sink) {
        this.verdicts = sink;
    }

    @Override
    public void refresh() {}

    /** As the balancer's source and as its prober; it is the balancer that closes those. */
    @Override
    public void close() {}

    void end() {
        balancer.close();
        control.shutdown();
    }

    /** The same owner for every key. */
    private static final class Directory implements KeyDirectory {
        static final Directory ONE = new Directory();
        private static final Answer OWNER = Owner.endpoint("orders-1");

        @Override
        public Answer find(EndpointSelector key) {
            return OWNER;
        }

        @Override
        public Answer peek(EndpointSelector key) {
            return OWNER;
        }

        @Override
        public Cancellable follow(Runnable changed) {
            return () -> {};
        }

        @Override
        public List<String> explain(EndpointSelector key) {
            return List.of();
        }
    }
}
