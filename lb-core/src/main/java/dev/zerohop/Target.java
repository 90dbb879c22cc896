package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * The text that names a source of endpoints, everywhere the same: {@code scheme://authority/path?query}. Split here; each scheme's
 * {@link ResolverProvider} reads its parts. Nothing is decoded: a part is the text as it was written.
 *
 * @param text the whole target
 * @param scheme in lower case
 * @param authority what stands between {@code //} and the next slash; may be empty
 * @param path what follows that slash, without it; may be empty
 * @param query what follows the question mark, without it; may be empty
 */
public record Target(String text, String scheme, String authority, String path, String query) {

    /** Checks for null. */
    public Target {
        requireNonNull(text, "text");
        requireNonNull(scheme, "scheme");
        requireNonNull(authority, "authority");
        requireNonNull(path, "path");
        requireNonNull(query, "query");
    }

    /**
     * Splits a target.
     *
     * @throws IllegalArgumentException with the position and what was expected
     */
    public static Target parse(String text) {
        requireNonNull(text, "target");
        int colon = text.indexOf(':');
        if (colon <= 0 || !text.startsWith("//", colon + 1)) {
            throw new IllegalArgumentException("target '" + text
                    + "' at position 0: expected a scheme and ://, such as " + "static:///10.0.0.1:8080");
        }
        String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        for (int i = 0; i < scheme.length(); i++) {
            char c = scheme.charAt(i);
            boolean letter = c >= 'a' && c <= 'z';
            if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'))) {
                throw new IllegalArgumentException("target '" + text + "' at position " + i + ": found '" + c
                        + "', expected a scheme of letters, digits, '-', '+' and '.'");
            }
        }
        int start = colon + 3;
        int question = text.indexOf('?', start);
        int end = question < 0 ? text.length() : question;
        int slash = text.indexOf('/', start);
        if (slash < 0 || slash > end) {
            slash = end;
        }
        String path = slash < end ? text.substring(slash + 1, end) : "";
        return new Target(
                text, scheme, text.substring(start, slash), path, question < 0 ? "" : text.substring(question + 1));
    }

    /** The position in {@link #text} at which the path begins, for error messages. */
    public int pathPosition() {
        return scheme.length() + 3 + authority.length() + 1;
    }

    /**
     * An error about this target.
     *
     * @param position offset into {@link #text}
     * @param problem what was found and what was expected
     */
    public IllegalArgumentException error(int position, String problem) {
        return new IllegalArgumentException("target '" + text + "' at position " + position + ": " + problem);
    }

    /**
     * The provider for this target's scheme, as found by {@link ServiceLoader}.
     *
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    public ResolverProvider provider() {
        TreeMap<String, ResolverProvider> known = new TreeMap<>();
        for (ResolverProvider provider : providers()) {
            known.putIfAbsent(provider.scheme(), provider);
        }
        ResolverProvider provider = known.get(scheme);
        if (provider == null) {
            throw error(
                    0,
                    "no resolver for scheme '" + scheme + "', expected one of " + known.keySet()
                            + " (is the module that brings it on the class path?)");
        }
        return provider;
    }

    /** A resolver for this target that has not been started; see {@link ResolverProvider#newResolver}. */
    public Resolver newResolver(Env env) {
        return provider().newResolver(this, env);
    }

    /** All providers that {@link ServiceLoader} finds, first by the thread's context class loader, then by this library's. */
    public static List<ResolverProvider> providers() {
        List<ResolverProvider> found = new ArrayList<>();
        ClassLoader own = ResolverProvider.class.getClassLoader();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        try {
            if (context != null && context != own) {
                ServiceLoader.load(ResolverProvider.class, context).forEach(found::add);
            }
            ServiceLoader.load(ResolverProvider.class, own).forEach(found::add);
        } catch (ServiceConfigurationError broken) {
            throw new IllegalStateException(
                    "a resolver provider on the class path cannot be loaded: " + broken, broken);
        }
        return found;
    }

    @Override
    public String toString() {
        return text;
    }
}
