package dev.zerohop.picker;

import dev.zerohop.*;
import dev.zerohop.testing.*;
import java.util.*;

public class CostProbe {
    static PickContext C = PickContext.NONE;
    static Object sink;

    public static void main(String[] a) throws Exception {
        for (String name : new String[] {
            "round_robin", "random", "weighted_round_robin", "weighted_random", "least_request", "peak_ewma"
        })
            for (int n : new int[] {10, 1000, 10000}) {
                var r = new ScriptedResolver();
                Balancer b = Balancer.builder("x")
                        .resolver(r)
                        .settings(BalancerSettings.of(Pickers.byName(name)))
                        .build();
                b.start();
                List<Endpoint> e = new ArrayList<>();
                for (int i = 0; i < n; i++)
                    e.add(Endpoint.builder("10.0." + (i / 250) + "." + (i % 250), 80)
                            .weight(name.startsWith("weighted") ? 1 + i % 10 : 1)
                            .build());
                r.push(e.toArray(new Endpoint[0]));
                Snapshot s = b.snapshot();
                Picker p = Pickers.byName(name).newPicker(s, Env.system());
                double best = 1e9;
                for (int k = 0; k < 6; k++) {
                    int it = 5_000_000;
                    long t = System.nanoTime();
                    Node x = null;
                    for (int i = 0; i < it; i++) {
                        x = p.pick(C);
                        if (x == null) sink = x;
                    }
                    sink = x;
                    best = Math.min(best, (System.nanoTime() - t) / (double) it);
                }
                double acq = 1e9;
                if (n == 10)
                    for (int k = 0; k < 4; k++) {
                        int it = 2_000_000;
                        long t = System.nanoTime();
                        for (int i = 0; i < it; i++) {
                            b.acquire(C).complete(Outcome.SUCCESS);
                        }
                        acq = Math.min(acq, (System.nanoTime() - t) / (double) it);
                    }
                double reb = 1e9;
                for (int k = 0; k < 300; k++) {
                    long t = System.nanoTime();
                    sink = p.rebuild(s);
                    reb = Math.min(reb, (System.nanoTime() - t) / 1e3);
                }
                // rebuild to another length
                Snapshot s2 = s.with(s.candidates().subList(1, n), Long.MAX_VALUE, "x");
                double reb2 = 1e9;
                for (int k = 0; k < 300; k++) {
                    long t = System.nanoTime();
                    sink = p.rebuild(s2);
                    reb2 = Math.min(reb2, (System.nanoTime() - t) / 1e3);
                }
                double[] two = new double[2];
                Thread[] ts = new Thread[2];
                for (int q = 0; q < 2; q++) {
                    int z = q;
                    ts[q] = new Thread(() -> {
                        double m = 1e9;
                        for (int k = 0; k < 5; k++) {
                            long t = System.nanoTime();
                            Node x = null;
                            for (int i = 0; i < 5_000_000; i++) {
                                x = p.pick(C);
                                if (x == null) sink = x;
                            }
                            m = Math.min(m, (System.nanoTime() - t) / 5e6);
                        }
                        two[z] = m;
                    });
                    ts[q].start();
                }
                for (Thread t : ts) t.join();
                System.out.printf(
                        "%s n=%d pick %.1f ns, two threads %.1f, acquire %.1f, rebuild %.1f us, n-1 %.1f us%n",
                        name, n, best, Math.max(two[0], two[1]), acq, reb, reb2);
                b.close();
            }
    }
}
