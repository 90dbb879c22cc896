package dev.zerohop.micrometer;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.retry.Retries;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Balancers of scripted sources in fake time, whose meters are in a registry of Prometheus. */
final class Rig implements AutoCloseable {
    static final BalancerSettings SETTINGS = BalancerSettings.builder(Pickers.leastRequest())
            .stages(List.of(new HealthFilter()))
            .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
            .retry(Retries.builder().build())
            .build();

    final FakeTime time = new FakeTime();
    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    final List<Client> clients = new ArrayList<>();

    ZerohopMetrics.Builder metrics() {
        return ZerohopMetrics.builder(registry).time(time);
    }

    /** One balancer and its source. */
    static final class Client implements AutoCloseable {
        final ScriptedResolver source = new ScriptedResolver();
        final Balancer balancer;

        Client(Rig rig, String service, BalancerListener.Factory... listeners) {
            Balancer.Builder builder = Balancer.builder(service)
                    .env(rig.time.env())
                    .resolver(source)
                    .settings(SETTINGS)
                    .adapter("test");
            for (BalancerListener.Factory listener : listeners) {
                builder.listener(listener);
            }
            balancer = builder.build();
        }

        void call(Outcome outcome) {
            balancer.acquire(PickContext.NONE).complete(outcome);
        }

        Lease begin() {
            return balancer.acquire(PickContext.NONE);
        }

        @Override
        public void close() {
            balancer.close();
        }
    }

    /** One that runs. */
    Client client(String service, BalancerListener.Factory... listeners) {
        Client client = new Client(this, service, listeners);
        clients.add(client);
        client.balancer.start();
        return client;
    }

    static Endpoint endpoint(String id) {
        return Endpoint.builder("10.0.0.1", 80).id(id).build();
    }

    static List<Endpoint> endpoints(int from, int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            endpoints.add(endpoint("orders-" + i));
        }
        return endpoints;
    }

    Scrape scrape() {
        return Scrape.of(registry);
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
        registry.close();
    }
}
