package dev.zerohop.okhttp;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.CertificatePinner;
import okhttp3.Interceptor;
import org.jspecify.annotations.Nullable;

/**
 * Which TLS settings have had an answer from a service. A handshake that fails with others says more about the client than about the endpoint: it may lack
 * the authority's certificate, or its own, and then fails everywhere. Clients that share a routing must not lose an endpoint by that. One per service;
 * thread-safe.
 */
final class TlsProofs {
    /** Clients that differ are few; beyond that the oldest proof is dropped, and made again by the next answer. */
    private static final int LIMIT = 16;

    private final List<Settings> proven = new CopyOnWriteArrayList<>();

    private record Settings(@Nullable SSLSocketFactory sockets, HostnameVerifier names, CertificatePinner pins) {
        boolean of(Interceptor.Chain chain) {
            return sockets == chain.getSslSocketFactoryOrNull()
                    && names == chain.getHostnameVerifier()
                    && pins.equals(chain.getCertificatePinner());
        }
    }

    boolean has(Interceptor.Chain chain) {
        for (Settings settings : proven) {
            if (settings.of(chain)) {
                return true;
            }
        }
        return false;
    }

    void add(Interceptor.Chain chain) {
        if (has(chain)) {
            return;
        }
        proven.add(new Settings(
                chain.getSslSocketFactoryOrNull(), chain.getHostnameVerifier(), chain.getCertificatePinner()));
        while (proven.size() > LIMIT) {
            proven.remove(0);
        }
    }
}
