package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.OptionsText;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Equal keys to the same endpoint, in every process, by hash over the endpoints' names; any endpoint can serve any key. An immutable value; see {@link Pickers#ringHash()},
 * {@link Pickers#maglev()} and {@link Pickers#rendezvous()}.
 *
 * <p>Names are the {@linkplain dev.zerohop.Endpoint#hashKey hash keys} of the endpoints, stable ids by default: an endpoint that comes back with another address keeps its
 * keys. Tables are laid out for the members and their own weights, when one of these changes; the health of endpoints changes no table. The keys of an endpoint that is
 * down go to others and come back with it. What stages prefer is honoured. Weight 0 owns nothing.
 */
public final class HashPolicy implements PickPolicy {
    static final Provider RENDEZVOUS = new Provider("rendezvous", List.of(), options -> Ranking.ONLY);
    static final Provider RING_HASH = new Provider("ring_hash", HashRing.Size.OPTIONS, HashRing.Size::read);
    static final Provider MAGLEV = new Provider("maglev", MaglevTable.Size.OPTIONS, MaglevTable.Size::read);

    /** In configurations: a layout's options, and those of all. */
    record Provider(String name, List<String> own, Function<Options, KeyTable.Layout> layout)
            implements PolicyProvider {
        @Override
        public List<String> options() {
            List<String> options = new ArrayList<>(own);
            options.add("boundedLoad");
            options.add("withoutKey");
            return options;
        }

        @Override
        public PickPolicy read(Options options) {
            return new HashPolicy(
                    layout.apply(options), bound(options, HashRanks.UNBOUNDED), new Policies().withoutKey(options));
        }
    }

    /** The option {@code boundedLoad}; {@code otherwise} if it is not given. */
    static double bound(Options options, double otherwise) {
        if (!options.has("boundedLoad")) {
            return otherwise;
        }
        Object value = options.value("boundedLoad");
        if (value instanceof Boolean wanted) {
            return wanted ? DEFAULT_BOUNDED_LOAD : HashRanks.UNBOUNDED;
        }
        if (value instanceof Number number && allowed(number.doubleValue())) {
            return number.doubleValue();
        }
        throw options.rejected("boundedLoad", "true, false or a number from 1 to " + MAX_BOUNDED_LOAD);
    }

    /** No table: each key ranks the candidates. */
    enum Ranking implements KeyTable.Layout {
        ONLY;

        @Override
        public String policy() {
            return "rendezvous";
        }

        @Override
        public OptionsText describe(OptionsText text) {
            return text;
        }

        @Override
        public @Nullable KeyTable lay(HashMembers members) {
            return null;
        }
    }

    /** The factor of {@link #boundedLoad()}. */
    public static final double DEFAULT_BOUNDED_LOAD = 1.25;

    private static final int MAX_BOUNDED_LOAD = 100;

    private final KeyTable.Layout layout;

    /** {@link HashRanks#UNBOUNDED} for none. */
    private final double boundedLoad;

    private final @Nullable PickPolicy withoutKey;

    HashPolicy(KeyTable.Layout layout, double boundedLoad, @Nullable PickPolicy withoutKey) {
        Pickers.checkUnkeyed("withoutKey", withoutKey);
        this.layout = layout;
        this.boundedLoad = boundedLoad;
        this.withoutKey = withoutKey;
    }

    private static boolean allowed(double factor) {
        return factor >= 1 && factor <= MAX_BOUNDED_LOAD;
    }

    /** {@link #boundedLoad(double)} of {@value #DEFAULT_BOUNDED_LOAD}. */
    public HashPolicy boundedLoad() {
        return boundedLoad(DEFAULT_BOUNDED_LOAD);
    }

    /**
     * The same policy with bounded loads (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016): an endpoint takes no call while it has {@code factor} times
     * its share of the calls under way, rounded up, the new one included; the call goes on to the next of its key that has fewer. A hot key so spreads over a few endpoints instead of
     * burying its owner. Default: no bound.
     *
     * <p>Counted are the calls of this client at the endpoints that may be picked; what other clients send is not known here. Calls that are picked at the same instant may exceed the bound together.
     * A pick whose owner has calls under way reads the counts of all endpoints, so it takes time in their number.
     *
     * @param factor 1 to 100; less keeps loads more even and sends more calls elsewhere
     * @throws IllegalArgumentException if the factor is out of its range
     */
    public HashPolicy boundedLoad(double factor) {
        return new HashPolicy(layout, checked(factor), withoutKey);
    }

    static double checked(double factor) {
        if (!allowed(factor)) {
            throw new IllegalArgumentException(
                    "boundedLoad was " + factor + ", expected a number from 1 to " + MAX_BOUNDED_LOAD);
        }
        return factor;
    }

    /**
     * The same policy that picks so for a call without a key; null refuses it. Default: null.
     *
     * @throws IllegalArgumentException if {@code policy} needs a key itself
     */
    public HashPolicy withoutKey(@Nullable PickPolicy policy) {
        return new HashPolicy(layout, boundedLoad, policy);
    }

    double bound() {
        return boundedLoad;
    }

    KeyTable.Layout layout() {
        return layout;
    }

    @Nullable
    PickPolicy withoutKey() {
        return withoutKey;
    }

    @Override
    public String name() {
        return layout.policy();
    }

    @Override
    public boolean keyed() {
        return true;
    }

    @Override
    public Picker newPicker(Snapshot first, Env env) {
        return new HashPicker(this, first, env);
    }

    @Override
    public LoadMetric loadMetric() {
        return withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HashPolicy that
                && layout.equals(that.layout)
                && boundedLoad == that.boundedLoad
                && Objects.equals(withoutKey, that.withoutKey);
    }

    @Override
    public int hashCode() {
        return Objects.hash(layout, boundedLoad, withoutKey);
    }

    @Override
    public String toString() {
        return layout.describe(new OptionsText(name()))
                .with("boundedLoad", boundedLoad == HashRanks.UNBOUNDED ? null : boundedLoad)
                .with("withoutKey", withoutKey == null ? "FAIL" : withoutKey)
                .toString();
    }
}
