package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.Providers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The text that names a source of endpoints: {@code scheme://authority/path?query}. The same on every transport. Split here; each scheme's {@link
 * ResolverProvider} reads its parts. Nothing is decoded: a part is the text as it was written, and {@link #decoded} undoes the percent-encoding of a
 * piece of it. An immutable value.
 *
 * @param text the whole target
 * @param scheme in lower case
 * @param authority what stands between {@code //} and the next slash; may be empty
 * @param path what follows that slash, without it; may be empty
 * @param query what follows the question mark, without it; may be empty
 */
public record Target(String text, String scheme, String authority, String path, String query) {

    private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):\\d{1,5}");

    /** How much of a target a message shows, so that there is room for what is wrong with it. */
    private static final int SHOWN = 1_000;

    private static final String NO_CREDENTIALS =
            "expected addresses without a user and a password: those have files of their own";

    /** Only for what was cut: long texts may take the square of their length. */
    private static final Pattern SECRET =
            Pattern.compile("([?&;][^=&;]*(?:pass|secret|token)[^=&;]*=)[^&;', ]+", Pattern.CASE_INSENSITIVE);

    /** The modules that bring the schemes that this one does not. */
    private static final Map<String, String> MODULES = Map.of(
            "refreshing-dns", "lb-dns",
            "refreshing-dns+srv", "lb-dns",
            "k8s", "lb-k8s-discovery",
            "k8s-pods", "lb-k8s-discovery",
            "etcd", "lb-etcd",
            "etcd-weights", "lb-etcd",
            "etcd-slices", "lb-etcd",
            "golb", "lb-etcd");

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
        for (int i = 0; i < text.length(); i++) {
            if (Printable.steers(text, i)) {
                // In printable form the positions behind it would not be right, so it ends here.
                throw new IllegalArgumentException("target '" + shown(text)
                        + "' at position " + i
                        + ": found a control character, expected printable text; percent-encode what is meant");
            }
        }
        int colon = text.indexOf(':');
        if (colon <= 0 || !text.startsWith("//", colon + 1)) {
            throw new IllegalArgumentException(
                    "target '" + shown(text) + "' at position 0: found no scheme, expected one and ://, "
                            + (text.length() <= Printable.MAX_NAME
                                            && HOST_AND_PORT.matcher(text).matches()
                                    ? "such as static:///" + text + " for this address alone, refreshing-dns:///" + text
                                            + " for all addresses of the name, or k8s:///NAMESPACE/SERVICE for a service of Kubernetes"
                                    : "such as static:///10.0.0.1:8080"));
        }
        String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        for (int i = 0; i < scheme.length(); i++) {
            char c = scheme.charAt(i);
            boolean letter = c >= 'a' && c <= 'z';
            if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'))) {
                throw new IllegalArgumentException("target '" + shown(text) + "' at position " + i
                        + ": found '" + c
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
        Target target = new Target(
                text, scheme, text.substring(start, slash), path, question < 0 ? "" : text.substring(question + 1));
        if (target.authority.indexOf('@') >= 0) {
            throw target.error(start, "found '@' before the first slash, " + NO_CREDENTIALS);
        }
        return target;
    }

    /** What may be a user and a password is in no message: a target with an error in it is logged, printed and pasted into tickets. */
    private static String withoutCredentials(String text) {
        int at = text.lastIndexOf('@');
        int slashes = text.indexOf("://");
        int from = slashes >= 0 && slashes < at ? slashes + 3 : 0;
        return at < 0 || text.substring(from, at).indexOf(':') < 0
                ? text
                : text.substring(0, from) + "***" + text.substring(at);
    }

    private static String shown(String text) {
        return withoutSecrets(Printable.text(withoutCredentials(text), SHOWN));
    }

    /** A password that was written as a parameter, which no target has. */
    private static String withoutSecrets(String shown) {
        return SECRET.matcher(shown).replaceAll("$1***");
    }

    /** The position in {@link #text} at which the path begins, for error messages. */
    public int pathPosition() {
        return scheme.length() + 3 + authority.length() + 1;
    }

    /** The position in {@link #text} at which the authority begins, for error messages. */
    public int authorityPosition() {
        return scheme.length() + 3;
    }

    /** The position in {@link #text} at which the query begins, for error messages. */
    public int queryPosition() {
        return text.length() - query.length();
    }

    /** Whether there is a question mark, be it with nothing behind it. */
    public boolean hasQuery() {
        return text.indexOf('?', authorityPosition()) >= 0;
    }

    /**
     * The parameters of the query, {@code name=value} and separated by {@code &}, in order, decoded.
     *
     * @throws IllegalArgumentException if one has no name or no {@code =}, is badly encoded, or is given twice
     */
    public List<Parameter> parameters() {
        List<Parameter> found = new ArrayList<>();
        Set<String> names = new HashSet<>();
        if (!hasQuery()) {
            return found;
        }
        int from = queryPosition();
        while (from <= text.length()) {
            int to = text.indexOf('&', from);
            if (to < 0) {
                to = text.length();
            }
            int equals = text.indexOf('=', from);
            if (equals <= from || equals >= to) {
                throw error(from, "found '" + text.substring(from, to) + "', expected a parameter name=value");
            }
            String name = decoded(from, equals);
            if (!names.add(name)) {
                throw error(from, "parameter '" + name + "' was given twice, expected once");
            }
            found.add(new Parameter(name, decoded(equals + 1, to), from, equals + 1));
            from = to + 1;
        }
        return found;
    }

    /**
     * One parameter of the query, decoded.
     *
     * @param name never empty
     * @param value may be empty
     * @param position where the name begins in the target's text
     * @param valuePosition where the value begins in the target's text
     */
    public record Parameter(String name, String value, int position, int valuePosition) {}

    /**
     * A piece of {@link #text} with its percent-encoding undone; a plus sign stands for itself.
     *
     * @param from first position
     * @param to position after the last
     * @throws IllegalArgumentException if what follows a percent sign is not two hexadecimal digits, or the bytes are not UTF-8
     */
    public String decoded(int from, int to) {
        // No further than the piece: else to read all pieces of a long target would take the square of its length.
        int percent = from;
        while (percent < to && text.charAt(percent) != '%') {
            percent++;
        }
        if (percent == to) {
            return text.substring(from, to);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(to - from);
        int at = from;
        while (at < to) {
            if (text.charAt(at) != '%') {
                int end = at;
                while (end < to && text.charAt(end) != '%') {
                    end++;
                }
                bytes.writeBytes(text.substring(at, end).getBytes(StandardCharsets.UTF_8));
                at = end;
                continue;
            }
            int high = at + 2 < to ? Character.digit(text.charAt(at + 1), 16) : -1;
            int low = at + 2 < to ? Character.digit(text.charAt(at + 2), 16) : -1;
            if (high < 0 || low < 0) {
                throw error(
                        at,
                        "found '" + text.substring(at, Math.min(at + 3, to))
                                + "', expected a percent sign and two hexadecimal digits such as %5B");
            }
            bytes.write(high << 4 | low);
            at += 3;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw error(percent, "found '" + text.substring(percent, to) + "', expected percent-encoded UTF-8");
        }
    }

    /**
     * Rejects an authority, for the schemes that have none.
     *
     * @param form how a target of this scheme looks, for the message
     * @throws IllegalArgumentException if there is one
     */
    public void rejectAuthority(String form) {
        if (!authority.isEmpty()) {
            throw error(
                    authorityPosition(),
                    "found '" + authority + "' between // and the next slash, expected nothing there: " + form);
        }
    }

    /**
     * Rejects a query, for the schemes that have none.
     *
     * @throws IllegalArgumentException if there is one
     */
    public void rejectQuery() {
        if (hasQuery()) {
            throw error(
                    queryPosition() - 1,
                    "found '?" + query + "', expected no query: " + scheme + " targets have no such parameters");
        }
    }

    /**
     * An error about this target.
     *
     * @param position offset into {@link #text}
     * @param problem what was found and what was expected
     */
    public IllegalArgumentException error(int position, String problem) {
        // The problem may quote a part of what is not to be shown.
        boolean free = withoutCredentials(text).equals(text);
        return new IllegalArgumentException("target '" + shown(text) + "' at position " + position + ": "
                + (free ? withoutSecrets(Printable.text(problem)) : "found '@', " + NO_CREDENTIALS));
    }

    /**
     * The provider for this target's scheme, as found by {@link java.util.ServiceLoader}.
     *
     * @throws IllegalArgumentException if there is none, and the message lists those that there are, and names the module to add if it is one of zerohop's; or if there are
     *     several, and the message names them
     */
    public ResolverProvider provider() {
        Providers<ResolverProvider> known = Schemes.PROVIDERS.here();
        ResolverProvider provider = known.find(scheme);
        if (provider == null) {
            String module = MODULES.get(scheme);
            throw error(
                    0,
                    "no resolver for scheme '" + scheme + "', expected one of " + known.names()
                            + (module == null
                                    ? " (is the module that brings it on the class path?)"
                                    : "; add the module dev.zerohop:" + module + ", which brings it")
                            + known.broken());
        }
        return provider;
    }

    /** A resolver for this target that has not been started; see {@link ResolverProvider#newResolver}. */
    public Resolver newResolver(Env env) {
        return provider().newResolver(this, env);
    }

    /**
     * The schemes that a {@link ResolverProvider} brings, which {@link java.util.ServiceLoader} finds through this library's class loader or the thread's context class loader; in
     * alphabetical order.
     */
    public static List<String> schemes() {
        return Schemes.PROVIDERS.here().names();
    }

    /** Looked up at the first use: a target that is only read needs none. */
    private static final class Schemes {
        static final Providers<ResolverProvider> PROVIDERS = new Providers<>(
                ResolverProvider.class,
                ResolverProvider::scheme,
                Pattern.compile("[a-z][a-z0-9+.-]{0,63}"),
                List.of(),
                (problem, cause) -> Log.of(Target.class).warn("{}", problem, cause));
    }

    @Override
    public String toString() {
        return text;
    }
}
