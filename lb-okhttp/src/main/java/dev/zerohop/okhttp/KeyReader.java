package dev.zerohop.okhttp;

import com.fasterxml.jackson.core.JsonPointer;
import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.Log;
import dev.zerohop.NoEndpointException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import okhttp3.Cookie;
import okhttp3.Interceptor;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** Finds the key of a call: its tag, else what the balancer's configuration says. One per service; thread-safe. */
final class KeyReader {
    private static final Log LOG = Log.of(KeyReader.class);

    private final long bodyLimit;

    /** Whether it was said that the beginnings of some bodies cannot be read. */
    private final AtomicBoolean warned = new AtomicBoolean();

    private volatile @Nullable Compiled compiled;

    /** A key source with what is worth computing once. */
    private record Compiled(
            KeySource source,
            @Nullable PathKey path,
            @Nullable JsonPointer pointer) {
        static Compiled of(KeySource source) throws UnusableKeyException {
            String expected = source.expected();
            if (expected != null) {
                throw new UnusableKeyException("cannot be used, expected " + expected);
            }
            return new Compiled(
                    source,
                    source.place() == KeySource.Place.PATH ? PathKey.of(source.name()) : null,
                    source.place() == KeySource.Place.JSON_POINTER ? JsonPointer.compile(source.name()) : null);
        }
    }

    KeyReader(long bodyLimit) {
        this.bodyLimit = bodyLimit;
    }

    /**
     * The key by this version of the balancer, or null if the call has none or the policy wants none, and if a prefix cannot be read.
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
        try {
            return source.selector(balancer.name(), find(source, chain, request));
        } catch (UnusableKeyException unusable) {
            if (source.prefix() != null) {
                // It says where the call would rather go, not where it belongs.
                if (!warned.getAndSet(true)) {
                    LOG.warn(
                            "{}: the key ({}) {}; such calls go without a key, which is not said again",
                            balancer.name(),
                            source,
                            unusable.getMessage());
                }
                return null;
            }
            throw new NoEndpointIOException(source.badKey(balancer.name(), String.valueOf(unusable.getMessage()))
                    .refusal());
        } catch (NoEndpointException badKey) {
            throw new NoEndpointIOException(badKey.refusal());
        }
    }

    private List<@Nullable String> find(KeySource source, Interceptor.Chain chain, Request request)
            throws IOException, UnusableKeyException {
        Compiled ready = compiled;
        if (ready == null || !ready.source().equals(source)) {
            ready = Compiled.of(source);
            compiled = ready;
        }
        return switch (source.place()) {
            case HEADER -> request.headers(source.name());
            case QUERY -> request.url().queryParameterValues(source.name());
            case PATH -> {
                PathKey path = ready.path();
                yield Collections.singletonList(
                        path == null ? null : path.read(request.url().encodedPath()));
            }
            case COOKIE -> inCookies(source.name(), chain, request);
            case JSON_POINTER ->
                Collections.singletonList(
                        JsonBodyKey.read(request.body(), ready.pointer(), bodyLimit, source.prefix() != null));
        };
    }

    /** Among the cookies that will be sent: those of the client's cookie jar, whose header replaces the request's own; without any, the request's own. */
    private static List<@Nullable String> inCookies(String name, Interceptor.Chain chain, Request request) {
        List<@Nullable String> values = new ArrayList<>();
        List<Cookie> jar = chain.getCookieJar().loadForRequest(request.url());
        if (!jar.isEmpty()) {
            for (Cookie cookie : jar) {
                if (cookie.name().equals(name)) {
                    values.add(cookie.value());
                }
            }
            return values;
        }
        for (String header : request.headers("Cookie")) {
            for (String pair : header.split(";", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).trim().equals(name)) {
                    values.add(pair.substring(equals + 1));
                }
            }
        }
        return values;
    }
}
