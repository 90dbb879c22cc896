package dev.zerohop.okhttp;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Candidate;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeySource;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.RetryBudget;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The smallest policies that the adapter can be tested with. */
final class TestPolicies {

    private TestPolicies() {}

    static BalancerSettings roundRobin(int maxAttempts) {
        return settings(new RoundRobin(false), maxAttempts, null);
    }

    static BalancerSettings byOrdinal(@Nullable KeySource key) {
        return settings(new ByOrdinal(), 3, key);
    }

    static BalancerSettings settings(PickPolicy policy, int maxAttempts, @Nullable KeySource key) {
        return BalancerSettings.builder(policy)
                .retry(new Retry(maxAttempts))
                .key(key)
                .build();
    }

    /** GET and HEAD are idempotent; the budget never ends. */
    record Retry(int maxAttempts) implements RetryPolicy {
        @Override
        public boolean idempotent(String method) {
            return method.equals("GET") || method.equals("HEAD");
        }

        @Override
        public RetryBudget newBudget(Time time) {
            return new RetryBudget() {
                @Override
                public void deposit() {}

                @Override
                public boolean tryWithdraw() {
                    return true;
                }
            };
        }
    }

    /** In turn, usable ones only, those to avoid last. */
    record RoundRobin(boolean keyed) implements PickPolicy {
        @Override
        public String name() {
            return "test_round_robin";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new RoundRobinPicker(first, new AtomicInteger());
        }
    }

    /** Another policy that first runs something at each pick. */
    record Intercepted(PickPolicy policy, Runnable onPick) implements PickPolicy {
        @Override
        public String name() {
            return policy.name();
        }

        @Override
        public boolean keyed() {
            return policy.keyed();
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new InterceptedPicker(policy.newPicker(first, env), onPick);
        }
    }

    private record InterceptedPicker(Picker picker, Runnable onPick) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            onPick.run();
            return picker.pick(context);
        }

        @Override
        public Refusal refusal(PickContext context) {
            return picker.refusal(context);
        }

        @Override
        public Picker rebuild(Snapshot after) {
            return new InterceptedPicker(picker.rebuild(after), onPick);
        }
    }

    private record RoundRobinPicker(Snapshot snapshot, AtomicInteger next) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            List<Candidate> candidates = snapshot.candidates();
            Node fallback = null;
            int start = next.getAndIncrement();
            for (int i = 0; i < candidates.size(); i++) {
                Node node = candidates
                        .get(Math.floorMod(start + i, candidates.size()))
                        .node();
                if (!node.health().usable()) {
                    continue;
                }
                if (!context.avoids(node.endpoint())) {
                    return node;
                }
                fallback = node;
            }
            return fallback;
        }

        @Override
        public Refusal refusal(PickContext context) {
            return new Refusal(
                    Refusal.Kind.NONE_USABLE,
                    false,
                    "0 of " + snapshot.members().size() + " usable");
        }

        @Override
        public Picker rebuild(Snapshot after) {
            return new RoundRobinPicker(after, next);
        }
    }

    /** Key modulo members; member 0 is never the owner's stand-in without saying so. */
    record ByOrdinal() implements PickPolicy {
        @Override
        public String name() {
            return "test_ordinal";
        }

        @Override
        public boolean keyed() {
            return true;
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new OrdinalPicker(first);
        }
    }

    /** Key -1 is owned by an endpoint that is down: WAIT. Key -2: FAIL_FAST. Key -3: SPILL to the first. */
    private record OrdinalPicker(Snapshot snapshot) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            EndpointSelector selector = context.selector();
            List<Node> members = snapshot.members();
            if (selector == null || members.isEmpty()) {
                return null;
            }
            if (selector.text() != null) {
                return members.get(Math.floorMod(selector.text().length(), members.size()));
            }
            long number = selector.number();
            if (number == -3) {
                return members.get(0);
            }
            return number < 0 ? null : members.get((int) (number % members.size()));
        }

        @Override
        public boolean spilled(PickContext context, Node picked) {
            EndpointSelector selector = context.selector();
            return selector != null && selector.text() == null && selector.number() == -3;
        }

        @Override
        public Refusal refusal(PickContext context) {
            EndpointSelector selector = context.selector();
            if (selector == null) {
                return new Refusal(Refusal.Kind.BAD_KEY, false, "the policy needs a key");
            }
            return new Refusal(Refusal.Kind.OWNER_DOWN, selector.number() == -1, "the owner is down");
        }

        @Override
        public Picker rebuild(Snapshot after) {
            return new OrdinalPicker(after);
        }
    }
}
