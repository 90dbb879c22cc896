package dev.zerohop.benchmarks.large;

import dev.zerohop.Endpoint;
import dev.zerohop.Resolution;
import dev.zerohop.Snapshot;
import dev.zerohop.benchmarks.common.Fleet;
import java.util.ArrayList;
import java.util.List;

/**
 * Sets that are made before, each of which differs from the one before in the address of one endpoint; all other endpoints are the same objects. The sets go
 * round by the Gray code of their number, so that a few endpoints tell which set a version was made of.
 */
final class SetChanges implements ChangeSource {
    private static final int BITS = 9;
    private static final int SETS = 1 << BITS;

    private final int n;
    private Resolution[] sets;

    SetChanges(int n) {
        this.n = n;
    }

    @Override
    public void begin(Service service) throws Exception {
        sets = new Resolution[SETS];
        List<Endpoint> endpoints = Service.endpoints(n);
        Endpoint[] usual = new Endpoint[BITS];
        Endpoint[] moved = new Endpoint[BITS];
        for (int bit = 0; bit < BITS; bit++) {
            usual[bit] = endpoints.get(place(bit));
            Endpoint.Builder other = Endpoint.builder(usual[bit].host(), Fleet.PORT + 1)
                    .id(usual[bit].id())
                    .ordinal(usual[bit].ordinal())
                    .weight(usual[bit].weight());
            moved[bit] = other.build();
        }
        for (int i = 0; i < SETS; i++) {
            List<Endpoint> changed = new ArrayList<>(endpoints);
            for (int bit = 0; bit < BITS; bit++) {
                changed.set(place(bit), (gray(i) >> bit & 1) == 0 ? usual[bit] : moved[bit]);
            }
            sets[i] = Service.resolution(changed);
        }
        service.push(sets[0]);
        service.pick();
    }

    private int place(int bit) {
        return (int) ((bit + 1L) * n / (BITS + 1));
    }

    private static int gray(int number) {
        return number ^ number >> 1;
    }

    @Override
    public void change(Service service, int number) {
        service.push(sets[number % SETS]);
    }

    @Override
    public int shown(Snapshot snapshot, int known) {
        int code = 0;
        for (int bit = 0; bit < BITS; bit++) {
            int port = snapshot.members().get(place(bit)).endpoint().port();
            code |= (port == Fleet.PORT ? 0 : 1) << bit;
        }
        int number = 0;
        for (int rest = code; rest != 0; rest >>= 1) {
            number ^= rest;
        }
        return known + Math.floorMod(number - known, SETS);
    }
}
