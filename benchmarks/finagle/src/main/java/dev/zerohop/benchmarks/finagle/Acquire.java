package dev.zerohop.benchmarks.finagle;

import com.twitter.finagle.Address$;
import com.twitter.finagle.ClientConnection;
import com.twitter.finagle.NoBrokersAvailableException;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Stack;
import com.twitter.finagle.loadbalancer.Balancers;
import com.twitter.finagle.loadbalancer.EndpointFactory;
import com.twitter.finagle.loadbalancer.LoadBalancerFactory;
import com.twitter.finagle.util.Rng;
import com.twitter.util.Activity;
import com.twitter.util.Duration;
import dev.zerohop.benchmarks.common.Fleet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import scala.collection.immutable.IndexedSeq;
import scala.jdk.javaapi.CollectionConverters;

/** A service is acquired from the balancer and released. Finagle has no pick without an acquire. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Acquire {
    @Param({"least_request", "peak_ewma"})
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private final ClientConnection client = ClientConnection.nil();
    private ServiceFactory<Object, Object> balancer;

    @Setup
    public void open() {
        LoadBalancerFactory factory = switch (policy) {
            case "least_request" -> Balancers.p2c(Rng.threadLocal());
            case "peak_ewma" -> Balancers.p2cPeakEwma(Duration.fromSeconds(10), Rng.threadLocal());
            default -> throw new IllegalArgumentException(policy);
        };
        List<EndpointFactory<Object, Object>> endpoints = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            endpoints.add(new MemoryEndpoint(Address$.MODULE$.apply(Fleet.host(i), Fleet.PORT)));
        }
        IndexedSeq<EndpointFactory<Object, Object>> vector =
                CollectionConverters.asScala(endpoints).toVector();
        balancer = factory.newBalancer(
                Activity.value(vector), new NoBrokersAvailableException("benchmark"), Stack.Params$.MODULE$.empty());
        for (int i = 0; i < 3 * n; i++) {
            acquire();
        }
    }

    @Benchmark
    public Object acquire() {
        Service<Object, Object> service = balancer.apply(client).poll().get().get();
        return service.close();
    }
}
