package dev.zerohop.sim;

import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import org.jspecify.annotations.Nullable;

/** Lets calls arrive until the end of the run. The calls, their clients, keys and demand are the same under every policy. */
final class Traffic extends Event {
    private final World world;
    private final Load load;
    private final Client[] clients;
    private final Arrivals arrivals;
    private final Stream callers;
    private final Stream demand;
    private final Stream luck;
    private final @Nullable KeyChoice keys;
    private long number;

    Traffic(World world, Scenario scenario, long seed, Client[] clients) {
        this.world = world;
        this.load = scenario.load();
        this.clients = clients;
        this.arrivals = new Arrivals(scenario, seed);
        this.callers = Stream.of(seed, Stream.Purpose.CALLERS);
        this.demand = Stream.of(seed, Stream.Purpose.DEMAND);
        this.luck = Stream.of(seed, Stream.Purpose.LUCK);
        this.keys = load.keys().count() == 0 ? null : new KeyChoice(load.keys(), Stream.of(seed, Stream.Purpose.KEYS));
    }

    /** Schedules the first call. */
    void start() {
        schedule();
    }

    private void schedule() {
        long at = arrivals.next();
        if (at != Arrivals.NONE) {
            world.events().at(VirtualTime.START_NANOS + at, this);
        }
    }

    @Override
    void fire() {
        Client client = clients[callers.nextInt(clients.length)];
        Call call = world.calls().begin();
        call.number = ++number;
        call.demandNanos = load.demand().next(demand);
        call.luck = luck.nextLong();
        if (keys == null) {
            call.context = PickContext.NONE;
        } else {
            call.key = keys.next();
            call.context = keys.context(call.key);
        }
        schedule();
        client.begin(call);
    }

    /** Draws keys by Zipf's law. */
    private static final class KeyChoice {
        private final double[] upTo;
        private final PickContext[] contexts;
        private final boolean integer;
        private final @Nullable Conversations conversations;
        private final Stream stream;

        KeyChoice(Load.Keys keys, Stream stream) {
            this.upTo = new double[keys.count()];
            this.contexts = new PickContext[keys.count()];
            this.integer = keys.as() == Load.Keys.As.INTEGER;
            this.conversations =
                    keys.as() == Load.Keys.As.PREFIX ? new Conversations(keys.conversations(), keys.count()) : null;
            this.stream = stream;
            double sum = 0;
            for (int i = 0; i < upTo.length; i++) {
                sum += 1 / StrictMath.pow(i + 1, keys.exponent());
                upTo[i] = sum;
            }
        }

        int next() {
            double wanted = stream.nextDouble() * upTo[upTo.length - 1];
            int low = 0;
            int high = upTo.length - 1;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (upTo[middle] > wanted) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }

        PickContext context(int key) {
            if (conversations != null) {
                return conversations.next(key);
            }
            if (contexts[key] == null) {
                contexts[key] =
                        PickContext.of(integer ? EndpointSelector.of((long) key) : EndpointSelector.of("key-" + key));
            }
            return contexts[key];
        }
    }
}
