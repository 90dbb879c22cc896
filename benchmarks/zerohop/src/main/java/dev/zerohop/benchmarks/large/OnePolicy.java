package dev.zerohop.benchmarks.large;

import dev.zerohop.BalancerView;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One policy in a process of its own; prints one JSON object. Arguments: policy, endpoints, changes per second, seconds of sets, seconds of verdicts.
 *
 * <p>A start is from the list of endpoints, sorted by id, to the first pick. It is the first of the process; the later ones show what is left when the code
 * is compiled.
 */
final class OnePolicy {
    private static final int LATER_STARTS = 5;
    private static final int KEYS = 1024;
    private static final long PICKING_NANOS = 300_000_000L;

    private final String policy;
    private final int n;

    private OnePolicy(String policy, int n) {
        this.policy = policy;
        this.n = n;
    }

    public static void main(String[] arguments) throws Exception {
        OnePolicy one = new OnePolicy(arguments[0], Integer.parseInt(arguments[1]));
        int perSecond = Integer.parseInt(arguments[2]);
        String json = one.starts() + one.heapAndPick();
        json += one.changes(new SetChanges(one.n), "sets", perSecond, arguments[3]);
        json += one.changes(new HealthChanges(one.n), "verdicts", perSecond, arguments[4]);
        System.out.println("{\"policy\": \"" + one.policy + "\", \"n\": " + one.n + json + "}");
        System.exit(0);
    }

    private String starts() throws Exception {
        List<Endpoint> endpoints = Service.endpoints(n);
        double first = start(endpoints);
        double[] later = new double[LATER_STARTS];
        for (int i = 0; i < LATER_STARTS; i++) {
            later[i] = start(endpoints);
        }
        Arrays.sort(later);
        return format(", \"firstMillis\": %.1f, \"laterMillis\": %.1f", first, later[LATER_STARTS / 2]);
    }

    private double start(List<Endpoint> endpoints) throws Exception {
        Service service = new Service(policy);
        try {
            long begun = System.nanoTime();
            service.push(endpoints);
            service.pick();
            return (System.nanoTime() - begun) / 1e6;
        } finally {
            service.end();
        }
    }

    private String heapAndPick() throws Exception {
        long nothing = heapInUse();
        List<Endpoint> endpoints = Service.endpoints(n);
        long listed = heapInUse();
        Service service = new Service(policy);
        try {
            service.push(endpoints);
            service.pick();
            long balanced = heapInUse();
            return format(
                    ", \"endpointBytes\": %d, \"bytes\": %d, \"pickNanos\": %.1f",
                    listed - nothing,
                    balanced - nothing,
                    pickNanos(service.balancer().current()));
        } finally {
            service.end();
        }
    }

    /** What a pick takes on one thread after as long a time to warm up, the hash of a text key included. */
    private static double pickNanos(BalancerView view) {
        List<PickContext> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(PickContext.of(EndpointSelector.of("customer-" + i)));
        }
        double nanos = 0;
        for (int round = 0; round < 2; round++) {
            long begun = System.nanoTime();
            long end = begun + PICKING_NANOS;
            int picks = 0;
            // The clock is read once in a while: a read costs as much as many a pick.
            for (; System.nanoTime() < end; picks += 16) {
                for (int i = picks; i < picks + 16; i++) {
                    if (view.pick(keys.get(i & (KEYS - 1))) == null) {
                        throw new IllegalStateException("a pick found nothing");
                    }
                }
            }
            nanos = (double) (System.nanoTime() - begun) / picks;
        }
        return nanos;
    }

    private String changes(ChangeSource source, String name, int perSecond, String seconds) throws Exception {
        double forSeconds = Double.parseDouble(seconds);
        if (forSeconds == 0) {
            return "";
        }
        Service service = new Service(policy);
        try {
            source.begin(service);
            return ", \"" + name + "\": " + new ChangeStream(service, source).run(perSecond, forSeconds);
        } finally {
            service.end();
        }
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static long heapInUse() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return java.lang.management.ManagementFactory.getMemoryMXBean()
                .getHeapMemoryUsage()
                .getUsed();
    }
}
