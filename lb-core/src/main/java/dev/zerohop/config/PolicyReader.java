package dev.zerohop.config;

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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the part {@code policy}: a name, or an object of one name with its options. */
final class PolicyReader {
    private static final String FAIL = "FAIL";

    private PolicyReader() {}

    static PickPolicy read(Fields root) {
        return root.has("policy") ? read(root, "policy", Pickers.names()) : Pickers.weightedRoundRobin();
    }

    /** A policy that needs no key, with its options if it has any. */
    static PickPolicy unkeyed(Fields options, String field) {
        return read(options, field, unkeyedNames());
    }

    private static PickPolicy read(Fields root, String field, List<String> allowed) {
        if (root.raw(field) instanceof String name) {
            return named(root, field, name, allowed::contains, Fields.oneOf(allowed));
        }
        String expected = "the name of a policy or an object with exactly one (" + String.join(", ", allowed) + ")";
        if (!(root.raw(field) instanceof Map<?, ?>)) {
            throw root.refuse(field, expected);
        }
        Fields policy = root.object(field, allowed.toArray(String[]::new));
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

    private static PickPolicy peakEwma(Fields options) {
        return Pickers.peakEwma(
                options.duration("decay", Duration.ofSeconds(10), Duration.ofMillis(1), Duration.ofHours(1)),
                options.number("errorPenalty", 10, 1, 1000));
    }

    private static PickPolicy directory(Fields options) {
        OwnerDown ownerDown = ownerDown(options);
        return DirectoryPolicy.builder()
                .ownerDown(ownerDown)
                .missing(missing(options, ownerDown))
                .withoutKey(withoutKey(options))
                .build();
    }

    /** How keys without an entry are picked for; null to refuse them. A shard's owner that is down is treated like one that the directory names. */
    private static @Nullable PickPolicy missing(Fields options, OwnerDown ownerDown) {
        if (!options.has("missing") || FAIL.equals(options.raw("missing"))) {
            return null;
        }
        List<String> others = Pickers.names().stream()
                .filter(name -> !name.equals("directory"))
                .toList();
        String expected = FAIL + " or the name of another policy (" + String.join(", ", others) + ")";
        if (!(options.raw("missing") instanceof String name)) {
            throw options.refuse("missing", expected);
        }
        PickPolicy named = named(options, "missing", name, others::contains, expected);
        return named instanceof ShardPolicy
                ? ShardPolicy.builder().ownerDown(ownerDown).build()
                : named;
    }

    /** What becomes of calls whose owner is down. */
    static OwnerDown ownerDown(Fields options) {
        return OwnerDown.valueOf(options.word(
                "ownerDown",
                OwnerDown.FAIL_FAST.name(),
                Stream.of(OwnerDown.values()).map(Enum::name).toList()));
    }

    /** How a keyed policy picks for a call without a key; null to refuse it. */
    static @Nullable PickPolicy withoutKey(Fields options) {
        if (!options.has("withoutKey") || FAIL.equals(options.raw("withoutKey"))) {
            return null;
        }
        List<String> unkeyed = unkeyedNames();
        String expected = FAIL + " or the name of a policy that needs no key (" + String.join(", ", unkeyed) + ")";
        if (!(options.raw("withoutKey") instanceof String name)) {
            throw options.refuse("withoutKey", expected);
        }
        return named(options, "withoutKey", name, unkeyed::contains, expected);
    }

    private static List<String> unkeyedNames() {
        return Pickers.names().stream()
                .filter(name -> !Pickers.byName(name).keyed())
                .toList();
    }

    private static PickPolicy named(
            Fields fields, String field, String name, Predicate<String> allowed, String expected) {
        if (!Pickers.names().contains(name) || !allowed.test(name)) {
            throw fields.refuse(field, expected);
        }
        return Pickers.byName(name);
    }
}
