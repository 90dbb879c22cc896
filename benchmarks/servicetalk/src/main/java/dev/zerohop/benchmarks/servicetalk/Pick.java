package dev.zerohop.benchmarks.servicetalk;

import dev.zerohop.benchmarks.common.Fleet;
import io.servicetalk.client.api.ConnectionFactory;
import io.servicetalk.client.api.DefaultServiceDiscovererEvent;
import io.servicetalk.client.api.LoadBalancer;
import io.servicetalk.client.api.ServiceDiscovererEvent;
import io.servicetalk.concurrent.Cancellable;
import io.servicetalk.concurrent.SingleSource;
import io.servicetalk.concurrent.api.Completable;
import io.servicetalk.concurrent.api.Publisher;
import io.servicetalk.concurrent.api.Single;
import io.servicetalk.concurrent.api.SourceAdapters;
import io.servicetalk.context.api.ContextMap;
import io.servicetalk.loadbalancer.LoadBalancers;
import io.servicetalk.loadbalancer.LoadBalancingPolicies;
import io.servicetalk.transport.api.TransportObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** {@code LoadBalancer.selectConnection}, subscribed to, with a connection to every host open. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Pick {
    @Param("p2c")
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private LoadBalancer<Connection> balancer;

    @Setup
    public void open() {
        AtomicInteger opened = new AtomicInteger();
        balancer = LoadBalancers.<String, Connection>builder("benchmark")
                .loadBalancingPolicy(LoadBalancingPolicies.p2c().<String, Connection>build())
                .build()
                .newLoadBalancer(Publisher.from(hosts(n)).concat(Publisher.never()), new Factory(opened), "benchmark");
        for (int i = 0; i < 100 * n && opened.get() < n; i++) {
            pick();
        }
        if (opened.get() < n) {
            throw new IllegalStateException("only " + opened + " of " + n + " hosts have a connection");
        }
    }

    private static Collection<ServiceDiscovererEvent<String>> hosts(int count) {
        List<ServiceDiscovererEvent<String>> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            events.add(new DefaultServiceDiscovererEvent<>(
                    Fleet.host(i) + ":" + Fleet.PORT, ServiceDiscovererEvent.Status.AVAILABLE));
        }
        return events;
    }

    @Benchmark
    public Connection pick() {
        Taker taker = new Taker();
        SourceAdapters.toSource(balancer.selectConnection(connection -> true, null))
                .subscribe(taker);
        return taker.connection;
    }

    private static final class Taker implements SingleSource.Subscriber<Connection> {
        private Connection connection;

        @Override
        public void onSubscribe(Cancellable cancellable) {}

        @Override
        public void onSuccess(Connection result) {
            connection = result;
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }

    private record Factory(AtomicInteger opened) implements ConnectionFactory<String, Connection> {
        @Override
        public Single<Connection> newConnection(String address, ContextMap context, TransportObserver observer) {
            opened.incrementAndGet();
            return Single.succeeded(new Connection());
        }

        @Override
        public Completable onClose() {
            return Completable.never();
        }

        @Override
        public Completable closeAsync() {
            return Completable.completed();
        }
    }
}
