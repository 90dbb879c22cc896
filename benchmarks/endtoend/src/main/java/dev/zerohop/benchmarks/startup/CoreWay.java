package dev.zerohop.benchmarks.startup;

import dev.zerohop.Balancer;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.config.Balancers;
import java.util.ArrayList;
import java.util.List;

/** A balancer for each service without any transport: a call is a pick and its end. */
final class CoreWay implements Way {
    private final List<Balancer> balancers = new ArrayList<>();

    CoreWay(int services, String[] ports) {
        for (int service = 0; service < services; service++) {
            Balancer balancer =
                    Balancers.forTarget(Way.target(service, ports, 0)).build();
            balancer.start();
            balancers.add(balancer);
        }
    }

    @Override
    public void call(int service) {
        balancers.get(service).acquire(PickContext.NONE).complete(Outcome.SUCCESS);
    }
}
