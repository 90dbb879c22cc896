package dev.zerohop.okhttp;

import dev.zerohop.ProbeTransport;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.CertificatePinner;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * How health checks of a routed name reach its endpoints: under that name, and with the TLS of the client that called last; before the first call, of the client
 * that the routing was installed on last.
 */
final class CheckTransport implements ProbeTransport {
    private final String host;
    private volatile @Nullable ClientTls tls;

    CheckTransport(String host) {
        this.host = host;
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

    /** A client is made. */
    void installed(OkHttpClient client) {
        SSLSocketFactory sockets;
        try {
            sockets = client.sslSocketFactory();
        } catch (IllegalStateException withoutTls) {
            return;
        }
        use(sockets, client.hostnameVerifier(), client.certificatePinner());
    }

    /** A client calls: what it has now is what counts. Request path. */
    void called(Interceptor.Chain chain) {
        SSLSocketFactory sockets = chain.getSslSocketFactoryOrNull();
        if (sockets != null) {
            use(sockets, chain.getHostnameVerifier(), chain.getCertificatePinner());
        }
    }

    private void use(SSLSocketFactory sockets, HostnameVerifier names, CertificatePinner pins) {
        ClientTls known = tls;
        if (known == null || known.sockets != sockets || known.names != names || known.pins != pins) {
            tls = new ClientTls(sockets, names, pins);
        }
    }

    /** The TLS of one client. */
    private record ClientTls(SSLSocketFactory sockets, HostnameVerifier names, CertificatePinner pins) implements Tls {
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
    }
}
