package dev.zerohop.okhttp;

import com.fasterxml.jackson.core.JsonPointer;
import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.Refusal;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Cookie;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** Finds the key of a call: its tag, else what the balancer's configuration says. One per service; thread-safe. */
final class KeyReader {
    private final long bodyLimit;
    private volatile @Nullable Compiled compiled;

    /** A key source with what is worth computing once. */
    private record Compiled(
            KeySource source,
            @Nullable Pattern pattern,
            @Nullable JsonPointer pointer) {
        static Compiled of(KeySource source) {
            return new Compiled(
                    source,
                    source.place() == KeySource.Place.PATH ? Pattern.compile(source.name()) : null,
                    source.place() == KeySource.Place.JSON_POINTER ? JsonPointer.compile(source.name()) : null);
        }
    }

    KeyReader(long bodyLimit) {
        this.bodyLimit = bodyLimit;
    }

    /**
     * The key by this version of the balancer, or null if the call has none or the policy wants none.
     *
     * @throws NoEndpointIOException if there is one that cannot be used
     */
    @Nullable
    EndpointSelector read(BalancerView view, Interceptor.Chain chain, Request request) throws IOException {
        EndpointSelector tagged = request.tag(EndpointSelector.class);
        if (tagged != null) {
            return tagged;
        }
        KeySource source = view.settings().key();
        if (source == null || !view.keyed()) {
            return null;
        }
        Balancer balancer = view.balancer();
        Compiled ready = compiled;
        if (ready == null || !ready.source().equals(source)) {
            try {
                ready = Compiled.of(source);
            } catch (IllegalArgumentException broken) {
                throw bad(balancer, source, "cannot be used: " + broken.getMessage());
            }
            compiled = ready;
        }
        String text = find(balancer, ready, chain, request);
        if (text == null) {
            return null;
        }
        if (!source.integer()) {
            return EndpointSelector.of(text);
        }
        try {
            return EndpointSelector.of(Long.parseLong(text.trim()));
        } catch (NumberFormatException notANumber) {
            throw bad(balancer, source, "was '" + shortened(text) + "', expected an integer of 64 bits");
        }
    }

    private @Nullable String find(Balancer balancer, Compiled ready, Interceptor.Chain chain, Request request)
            throws IOException {
        KeySource source = ready.source();
        return switch (source.place()) {
            case HEADER -> request.header(source.name());
            case QUERY -> request.url().queryParameter(source.name());
            case PATH -> inPath(request.url(), ready.pattern());
            case COOKIE -> inCookies(source.name(), chain, request);
            case JSON_POINTER -> {
                try {
                    yield JsonBodyKey.read(request.body(), ready.pointer(), bodyLimit);
                } catch (JsonBodyKey.UnusableException unusable) {
                    throw bad(balancer, source, unusable.getMessage());
                }
            }
        };
    }

    /** Matches the path as it is sent and decodes what was found, so that an encoded slash does not end a segment. */
    private static @Nullable String inPath(HttpUrl url, @Nullable Pattern pattern) {
        if (pattern == null) {
            return null;
        }
        Matcher matcher = pattern.matcher(url.encodedPath());
        if (!matcher.find() || matcher.groupCount() < 1) {
            return null;
        }
        String group = matcher.group(1);
        return group == null ? null : URLDecoder.decode(group.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The request's own Cookie header goes before the client's cookie jar, as it does when it is sent. */
    private static @Nullable String inCookies(String name, Interceptor.Chain chain, Request request) {
        List<String> headers = request.headers("Cookie");
        for (String header : headers) {
            for (String pair : header.split(";")) {
                int equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).trim().equals(name)) {
                    return pair.substring(equals + 1).trim();
                }
            }
        }
        for (Cookie cookie : chain.getCookieJar().loadForRequest(request.url())) {
            if (cookie.name().equals(name)) {
                return cookie.value();
            }
        }
        return null;
    }

    private static NoEndpointIOException bad(Balancer balancer, KeySource source, @Nullable String problem) {
        return new NoEndpointIOException(new Refusal(
                Refusal.Kind.BAD_KEY,
                false,
                balancer.name() + ": the key (" + source.place() + " '" + source.name() + "') " + problem));
    }

    private static String shortened(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }
}
