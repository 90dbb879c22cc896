package dev.zerohop.picker;

import dev.zerohop.Log;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Printable;
import dev.zerohop.internal.Providers;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The policies that configurations name, and how they are read. For one thread, while it reads one configuration. */
final class Policies {
    /** zerohop's own, a line each. */
    private static final List<PolicyProvider> OWN = List.of(
            SequencePicker.ROUND_ROBIN,
            new ReportedWeightPicker.Provider(),
            RandomPicker.RANDOM,
            RandomPicker.WEIGHTED_RANDOM,
            new ReportedCallsPicker.Provider(),
            new PeakEwmaPicker.Provider(),
            new PrequalPicker.Provider(),
            LvsPicker.LVS,
            HashPolicy.RENDEZVOUS,
            HashPolicy.RING_HASH,
            HashPolicy.MAGLEV,
            new PrefixAffinityPicker.Provider(),
            new ShardPolicy.Provider(),
            new DirectoryPolicy.Provider());

    private static final Providers<PolicyProvider> ALL = new Providers<>(
            PolicyProvider.class,
            PolicyProvider::name,
            Providers.NAME,
            OWN,
            (problem, cause) -> Log.of(Policies.class).warn("{}", problem, cause));

    /** Stands for the refusal of a call, where a policy may stand for it. */
    private static final String FAIL = "FAIL";

    /** Looked up when it is first needed: most options name no other policy. */
    private @Nullable Providers<PolicyProvider> known;

    private Providers<PolicyProvider> known() {
        if (known == null) {
            known = ALL.here();
        }
        return known;
    }

    /** The names in alphabetical order. */
    List<String> names() {
        return known().names();
    }

    /** Those that need no key. One without a default, which cannot be asked, may be one. */
    private List<String> unkeyed() {
        return names().stream().filter(name -> !keyed(name)).toList();
    }

    private boolean keyed(String name) {
        try {
            return byName(name).keyed();
        } catch (IllegalArgumentException needsOptions) {
            return false;
        }
    }

    /** A policy with its default options. */
    PickPolicy byName(String name) {
        if (known().find(name) == null) {
            throw new IllegalArgumentException(
                    "policy was '" + name + "', expected one of " + names() + known().missing());
        }
        return provided(Options.of("", Map.of()), name);
    }

    /** A policy by its name, or an object of its name with its options. */
    PickPolicy read(Options parent, String field) {
        return read(parent, field, names());
    }

    /** The same for a policy that needs no key. */
    PickPolicy readUnkeyed(Options parent, String field) {
        return read(parent, field, unkeyed());
    }

    private PickPolicy read(Options parent, String field, List<String> allowed) {
        if (parent.value(field) instanceof String) {
            return named(parent, field, allowed, Options.oneOf(allowed));
        }
        String expected = "the name of a policy or an object with exactly one (" + String.join(", ", allowed) + ")";
        if (!(parent.value(field) instanceof Map<?, ?>)) {
            throw parent.rejected(field, expected);
        }
        Options policy = parent.anyObject(field);
        List<String> given = policy.names();
        for (String name : given) {
            if (!allowed.contains(name)) {
                throw policy.rejected(name, Options.fieldOf(allowed, name) + missing(name));
            }
        }
        if (given.size() != 1) {
            throw new IllegalArgumentException(policy.path() + ": was "
                    + (given.isEmpty()
                            ? "an empty object"
                            : given.size() + " policies " + Printable.text(given.toString(), 80))
                    + ", expected "
                    + expected);
        }
        return provided(policy, given.get(0));
    }

    /** How a keyed policy picks for a call without a key; null to refuse it. */
    @Nullable
    PickPolicy withoutKey(Options options) {
        return nameOrFail(options, "withoutKey", "a policy that needs no key", this::unkeyed);
    }

    /** A policy by its name alone, or null for {@value #FAIL}, the default. */
    @Nullable
    PickPolicy nameOrFail(Options options, String field, String what, Supplier<List<String>> names) {
        if (!options.has(field) || FAIL.equals(options.value(field))) {
            return null;
        }
        List<String> allowed = names.get();
        String expected = FAIL + " or the name of " + what + " (" + String.join(", ", allowed) + ")";
        return named(options, field, allowed, expected);
    }

    private PickPolicy named(Options parent, String field, List<String> allowed, String expected) {
        if (!(parent.value(field) instanceof String name)) {
            throw parent.rejected(field, expected);
        }
        if (!allowed.contains(name)) {
            throw parent.rejected(field, expected + missing(name));
        }
        return provided(Options.of(parent.path(field), Map.of()), name);
    }

    private String missing(String name) {
        return names().contains(name) ? "" : known().missing();
    }

    /** One that is known, with the options under its name. */
    private PickPolicy provided(Options parent, String name) {
        PolicyProvider provider = known().get(name);
        Options options = parent.object(name, provider.options().toArray(String[]::new));
        return Providers.read(provider::read, options, options.path());
    }
}
