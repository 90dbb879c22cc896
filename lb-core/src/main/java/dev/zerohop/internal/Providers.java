package dev.zerohop.internal;

import static java.util.Objects.requireNonNull;

import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The providers of one kind by name: those of this library, and those that {@link ServiceLoader} finds through this library's class loader, once, and through the context class
 * loader of a thread that asks, if that is another one, each time: nothing here keeps an application's class loader alive.
 *
 * <p>One that cannot be loaded is logged once and passed over, and stands in the message for a name that is not known. Immutable and thread-safe.
 */
public final class Providers<P> {
    /** What a policy or a stage may be called. */
    public static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_.]{0,63}");

    /** After so many that cannot be loaded the rest is given up: a loader may fail for ever. */
    private static final int MAX_BROKEN = 64;

    /** What was logged, so that it is logged once. No more than can be of use. */
    private static final Set<String> LOGGED = ConcurrentHashMap.newKeySet();

    private static final ClassLoader OWN = Providers.class.getClassLoader();

    private final Class<P> type;
    private final Function<P, String> naming;
    private final Pattern allowed;
    private final BiConsumer<String, @Nullable Throwable> log;

    /** Mostly one each. */
    private final Map<String, List<P>> byName = new TreeMap<>();

    private final List<String> broken = new ArrayList<>();

    /** {@code own} go first; {@code allowed} are the names that a provider may have; {@code log} takes why one cannot be used. */
    public Providers(
            Class<P> type,
            Function<P, String> naming,
            Pattern allowed,
            List<? extends P> own,
            BiConsumer<String, @Nullable Throwable> log) {
        this.type = type;
        this.naming = naming;
        this.allowed = allowed;
        this.log = log;
        own.forEach(this::add);
        load(OWN);
    }

    private Providers(Providers<P> before, ClassLoader context) {
        this.type = before.type;
        this.naming = before.naming;
        this.allowed = before.allowed;
        this.log = before.log;
        before.byName.values().forEach(providers -> providers.forEach(this::add));
        broken.addAll(before.broken);
        load(context);
    }

    /** With what the thread's context class loader has beyond these. */
    public Providers<P> here() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        // What a parent has, this library's loader has found as well.
        for (ClassLoader seen = OWN; seen != context && context != null; seen = seen.getParent()) {
            if (seen == null) {
                return new Providers<>(this, context);
            }
        }
        return this;
    }

    private void load(ClassLoader loader) {
        Iterator<P> found = ServiceLoader.load(type, loader).iterator();
        for (int failures = 0; failures < MAX_BROKEN; ) {
            try {
                if (!found.hasNext()) {
                    return;
                }
                add(found.next());
            } catch (Throwable failed) {
                failures++;
                report(failed.toString(), failed);
            }
        }
    }

    private void add(P provider) {
        String name = naming.apply(provider);
        if (name == null || !allowed.matcher(name).matches()) {
            report(provider.getClass().getName() + " has the name '" + name + "', expected " + allowed, null);
            return;
        }
        List<P> same = byName.computeIfAbsent(name, none -> new ArrayList<>(1));
        // Two class loaders may bring the same class; by its name, since then there are two of it.
        if (same.stream()
                .noneMatch(known ->
                        known.getClass().getName().equals(provider.getClass().getName()))) {
            same.add(provider);
        }
    }

    private void report(String problem, @Nullable Throwable cause) {
        broken.add(problem);
        if (LOGGED.size() < MAX_BROKEN && LOGGED.add(problem)) {
            log.accept("a " + type.getSimpleName() + " cannot be used and is passed over: " + problem, cause);
        }
    }

    /** All names, in alphabetical order. */
    public List<String> names() {
        return List.copyOf(byName.keySet());
    }

    /**
     * The provider of this name, or null if there is none.
     *
     * @throws IllegalArgumentException if several have it; the message names them and where they come from
     */
    public @Nullable P find(String name) {
        List<P> same = byName.getOrDefault(name, List.of());
        if (same.size() > 1) {
            throw new IllegalArgumentException(
                    "the name '" + name + "' is that of " + same.size() + " providers, expected one on the class path: "
                            + same.stream().map(Providers::origin).collect(Collectors.joining(", ")));
        }
        return same.isEmpty() ? null : same.get(0);
    }

    /** The provider of a name that is known. */
    public P get(String name) {
        return requireNonNull(find(name), name);
    }

    /**
     * What a provider makes of its options.
     *
     * @throws IllegalArgumentException if it rejects them, throws anything else, or gives nothing
     */
    public static <O, R> R read(Function<O, R> provider, O options, String path) {
        try {
            return requireNonNull(provider.apply(options), "read() returned null");
        } catch (IllegalArgumentException rejected) {
            throw rejected;
        } catch (RuntimeException | LinkageError failed) {
            throw new IllegalArgumentException(path + ": its provider failed: " + failed, failed);
        }
    }

    /** What to add to a message about a name that no provider has. */
    public String missing() {
        return "; no library on the class path has a " + type.getSimpleName() + " of that name" + broken();
    }

    /** Those that could not be used, for a message; empty if there are none. */
    public String broken() {
        return broken.isEmpty() ? "" : " (these could not be used: " + String.join("; ", broken) + ")";
    }

    private static String origin(Object provider) {
        CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
        return provider.getClass().getName()
                + (source == null || source.getLocation() == null ? "" : " in " + source.getLocation());
    }
}
