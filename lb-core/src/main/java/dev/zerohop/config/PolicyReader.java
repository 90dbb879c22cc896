package dev.zerohop.config;

import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Printable;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the part {@code policy}: a name, or an object of one name with its options. */
final class PolicyReader {
    private static final String FAIL = "FAIL";

    private PolicyReader() {}

    static PickPolicy read(Options root) {
        return root.has("policy") ? read(root, "policy", Pickers.names()) : Pickers.weightedRoundRobin();
    }

    /** A policy that needs no key, with its options if it has any. */
    static PickPolicy unkeyed(Options options, String field) {
        return read(options, field, unkeyedNames());
    }

    private static PickPolicy read(Options root, String field, List<String> allowed) {
        if (root.value(field) instanceof String name) {
            return named(root, field, name, allowed::contains, Options.oneOf(allowed));
        }
        String expected = "the name of a policy or an object with exactly one (" + String.join(", ", allowed) + ")";
        if (!(root.value(field) instanceof Map<?, ?>)) {
            throw root.rejected(field, expected);
        }
        Options policy = root.object(field, allowed.toArray(String[]::new));
        List<String> names = policy.names();
        if (names.size() != 1) {
            throw new IllegalArgumentException(policy.path() + ": was "
                    + (names.isEmpty()
                            ? "an empty object"
                            : names.size() + " policies " + Printable.text(names.toString(), 80))
                    + ", expected "
                    + expected);
        }
        String name = names.get(0);
        return switch (name) {
            case "peak_ewma" -> peakEwma(policy.object(name, "decay", "errorPenalty"));
            case "rendezvous" -> Pickers.rendezvous(withoutKey(policy.object(name, "withoutKey")));
            case "shard" -> ShardReader.read(policy);
            case "directory" -> directory(policy.object(name, "ownerDown", "missing", "withoutKey"));
            default -> {
                policy.object(name);
                yield Pickers.byName(name);
            }
        };
    }

    private static PickPolicy peakEwma(Options options) {
        return Pickers.peakEwma(
                options.duration("decay", Duration.ofSeconds(10), Duration.ofMillis(1), Duration.ofHours(1)),
                options.number("errorPenalty", 10, 1, 1000));
    }

    private static PickPolicy directory(Options options) {
        OwnerDown ownerDown = ownerDown(options);
        return DirectoryPolicy.builder()
                .ownerDown(ownerDown)
                .missing(missing(options, ownerDown))
                .withoutKey(withoutKey(options))
                .build();
    }

    /** How keys without an entry are picked for; null to refuse them. A shard's owner that is down is treated like one that the directory names. */
    private static @Nullable PickPolicy missing(Options options, OwnerDown ownerDown) {
        if (!options.has("missing") || FAIL.equals(options.value("missing"))) {
            return null;
        }
        List<String> others = Pickers.names().stream()
                .filter(name -> !name.equals("directory"))
                .toList();
        String expected = FAIL + " or the name of another policy (" + String.join(", ", others) + ")";
        if (!(options.value("missing") instanceof String name)) {
            throw options.rejected("missing", expected);
        }
        PickPolicy named = named(options, "missing", name, others::contains, expected);
        return named instanceof ShardPolicy
                ? ShardPolicy.builder().ownerDown(ownerDown).build()
                : named;
    }

    /** What becomes of calls whose owner is down. */
    static OwnerDown ownerDown(Options options) {
        return options.enumValue("ownerDown", OwnerDown.FAIL_FAST);
    }

    /** How a keyed policy picks for a call without a key; null to refuse it. */
    static @Nullable PickPolicy withoutKey(Options options) {
        if (!options.has("withoutKey") || FAIL.equals(options.value("withoutKey"))) {
            return null;
        }
        List<String> unkeyed = unkeyedNames();
        String expected = FAIL + " or the name of a policy that needs no key (" + String.join(", ", unkeyed) + ")";
        if (!(options.value("withoutKey") instanceof String name)) {
            throw options.rejected("withoutKey", expected);
        }
        return named(options, "withoutKey", name, unkeyed::contains, expected);
    }

    private static List<String> unkeyedNames() {
        return Pickers.names().stream()
                .filter(name -> !Pickers.byName(name).keyed())
                .toList();
    }

    private static PickPolicy named(
            Options fields, String field, String name, Predicate<String> allowed, String expected) {
        if (!Pickers.names().contains(name) || !allowed.test(name)) {
            throw fields.rejected(field, expected);
        }
        return Pickers.byName(name);
    }
}
