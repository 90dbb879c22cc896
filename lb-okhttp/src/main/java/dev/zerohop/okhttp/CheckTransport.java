package dev.zerohop.okhttp;

import dev.zerohop.Env;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.CertificatePinner;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * How health checks and load probes of a routed name reach its endpoints: under that name, and with the TLS of the client that called last; before the first call, of the client
 * that the routing was installed on last. Load probes have the scheme and the port of the last call, and are skipped before the first.
 */
final class CheckTransport implements ProbeTransport {
    /** Each takes a thread while it is under way. As many again may go on connecting after they were called off. */
    static final int MOST_PROBES = 64;

    private final String host;
    private final Env env;
    private final AtomicInteger probes = new AtomicInteger();
    private final AtomicInteger leftBehind = new AtomicInteger();
    private final Set<LoadProber.EndpointTarget> targets = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile @Nullable ClientTls tls;
    private volatile @Nullable OkHttpClient client;
    private volatile @Nullable Calls calls;

    CheckTransport(String host, Env env) {
        this.host = host;
        this.env = env;
    }

    @Override
    public String authority() {
        return host;
    }

    /** Null until there is a client, and for one that has no TLS. */
    @Override
    public @Nullable Tls tls() {
        return tls;
    }

    @Override
    public Prober load(String path) {
        return new LoadProber(this, path);
    }

    Env env() {
        return env;
    }

    /** A client is made. */
    void installed(OkHttpClient made) {
        client = made;
        SSLSocketFactory sockets;
        try {
            sockets = made.sslSocketFactory();
        } catch (IllegalStateException withoutTls) {
            return;
        }
        use(sockets, made.x509TrustManager(), made.hostnameVerifier(), made.certificatePinner());
    }

    /** A client calls: what it has now is what counts. Request path. */
    void called(Interceptor.Chain chain) {
        SSLSocketFactory sockets = chain.getSslSocketFactoryOrNull();
        if (sockets != null) {
            use(sockets, chain.getX509TrustManagerOrNull(), chain.getHostnameVerifier(), chain.getCertificatePinner());
        }
        HttpUrl url = chain.request().url();
        Calls known = calls;
        OkHttpClient of = client;
        if (of != null && (known == null || !known.are(of, tls, url))) {
            calls = new Calls(of, tls, url.isHttps(), url.port());
        }
    }

    private void use(
            SSLSocketFactory sockets,
            @Nullable X509TrustManager trusted,
            HostnameVerifier names,
            CertificatePinner pins) {
        ClientTls known = tls;
        if (known == null || known.sockets != sockets || known.names != names || known.pins != pins) {
            tls = new ClientTls(sockets, trusted, names, pins);
        }
    }

    /** How calls are made; null before the first, and when there will be no more. */
    @Nullable
    Calls calls() {
        return closed ? null : calls;
    }

    /** How the last call was made. */
    record Calls(OkHttpClient client, @Nullable ClientTls tls, boolean https, int port) {
        boolean are(OkHttpClient of, @Nullable ClientTls by, HttpUrl url) {
            return client == of && tls == by && port == url.port() && https == url.isHttps();
        }
    }

    // ---- load probes under way ----

    /** Whether one more may begin. If so, it must {@link #end}. */
    boolean tryBegin() {
        return tryAdd(probes);
    }

    /** Whether one that is under way may go on in nobody's way: endpoints that do not accept connections must not take the places of others. */
    boolean tryLeaveBehind() {
        if (!tryAdd(leftBehind)) {
            return false;
        }
        probes.decrementAndGet();
        return true;
    }

    private static boolean tryAdd(AtomicInteger count) {
        if (count.incrementAndGet() <= MOST_PROBES) {
            return true;
        }
        count.decrementAndGet();
        return false;
    }

    void end(boolean wasLeftBehind) {
        (wasLeftBehind ? leftBehind : probes).decrementAndGet();
    }

    void opened(LoadProber.EndpointTarget target) {
        targets.add(target);
        if (closed) {
            target.close();
        }
    }

    void closed(LoadProber.EndpointTarget target) {
        targets.remove(target);
    }

    /** Ends all load probes, and their connections. */
    void close() {
        closed = true;
        targets.forEach(LoadProber.EndpointTarget::close);
    }

    /** The TLS of one client. */
    record ClientTls(
            SSLSocketFactory sockets,
            @Nullable X509TrustManager trusted,
            HostnameVerifier names,
            CertificatePinner pins)
            implements Tls {
        @Override
        public Socket secure(Socket connection, String name, int port) throws IOException {
            SSLSocket secured = (SSLSocket) sockets.createSocket(connection, name, port, true);
            secured.startHandshake();
            SSLSession session = secured.getSession();
            if (!names.verify(name, session)) {
                throw new SSLPeerUnverifiedException("the certificate is not one for " + name);
            }
            pins.check(name, List.of(session.getPeerCertificates()));
            return secured;
        }

        void applyTo(OkHttpClient.Builder client) {
            if (trusted != null) {
                client.sslSocketFactory(sockets, trusted);
            }
            client.hostnameVerifier(names).certificatePinner(pins);
        }
    }
}
