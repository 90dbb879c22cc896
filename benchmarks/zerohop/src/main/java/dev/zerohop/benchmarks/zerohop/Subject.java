package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.benchmarks.common.Fleet;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ScriptedResolver;
import java.util.ArrayList;
import java.util.List;

/** A started balancer with its scripted source. Its control path runs on the calling thread. */
record Subject(Balancer balancer, ScriptedResolver source) implements AutoCloseable {

    static Subject of(BalancerSettings settings) {
        return of(settings, Env.system());
    }

    static Subject of(BalancerSettings settings, Env env) {
        ScriptedResolver source = new ScriptedResolver();
        Balancer balancer = Balancer.builder("benchmark")
                .env(env)
                .resolver(source)
                .settings(settings)
                .serialExecutor(Runnable::run)
                .build();
        balancer.start();
        return new Subject(balancer, source);
    }

    /** The bare policy over {@code count} endpoints. */
    static Subject of(String policyName, int count) {
        PickPolicy policy = Pickers.byName(policyName);
        Subject subject = of(BalancerSettings.of(policy));
        subject.source.push(endpoints(count));
        return subject;
    }

    static List<Endpoint> endpoints(int count) {
        List<Endpoint> endpoints = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            endpoints.add(Endpoint.builder(Fleet.host(i), Fleet.PORT)
                    .id("orders-" + i)
                    .ordinal(i)
                    .weight(Fleet.weight(i))
                    .build());
        }
        return endpoints;
    }

    /** Contexts with a text key each. */
    static PickContext[] keys(int count) {
        PickContext[] contexts = new PickContext[count];
        for (int i = 0; i < count; i++) {
            contexts[i] = PickContext.of(EndpointSelector.of("customer-" + i));
        }
        return contexts;
    }

    /** Fails unless the published version has so many candidates. */
    static void expectCandidates(Balancer balancer, int expected) {
        int candidates = balancer.current().snapshot().candidates().size();
        if (candidates != expected) {
            throw new IllegalStateException("the picker has " + candidates + " candidates, expected " + expected);
        }
    }

    @Override
    public void close() {
        balancer.close();
    }
}
