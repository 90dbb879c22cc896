package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.Log;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** The last good credentials from the files that {@link Tls} names. Files that cannot be used replace nothing. Thread-safe. */
public final class TlsFiles {
    private static final Log LOG = Log.of(TlsFiles.class);

    private final Tls tls;
    private Contents contents;
    private volatile Material material;
    private String problem = "";

    private record Material(ChannelCredentials credentials, SSLContext context) {}

    /** The contents of the files, to detect changes. */
    private record Contents(
            @Nullable ByteString ca,
            @Nullable ByteString certificate,
            @Nullable ByteString key) {
        static Contents of(Tls tls) throws IOException {
            return new Contents(read(tls.ca()), read(tls.certificate()), read(tls.key()));
        }

        private static @Nullable ByteString read(@Nullable Path path) throws IOException {
            if (path == null) {
                return null;
            }
            try {
                return ByteString.copyFrom(Files.readAllBytes(path));
            } catch (IOException unreadable) {
                throw new IOException(
                        path + " cannot be read (" + unreadable.getClass().getSimpleName() + ")", unreadable);
            }
        }

        @Override
        public String toString() {
            return "Contents";
        }
    }

    /**
     * Reads the files.
     *
     * @throws IllegalArgumentException if one cannot be used; the message names it and says why
     */
    public TlsFiles(Tls tls) {
        this.tls = tls;
        try {
            contents = Contents.of(tls);
            material = material(contents);
        } catch (IOException unusable) {
            throw new IllegalArgumentException(unusable.getMessage(), unusable);
        }
    }

    /** The credentials for the next connection. Does not wait for files. */
    public ChannelCredentials credentials() {
        return material.credentials();
    }

    /** The factory of the next socket. Does not wait for files. */
    public SSLSocketFactory sockets() {
        return material.context().getSocketFactory();
    }

    /** Reads the files again. Blocks for them. */
    public synchronized void refresh() {
        try {
            Contents now = Contents.of(tls);
            if (!now.equals(contents)) {
                material = material(now);
                contents = now;
                LOG.info("{}: read again after a change", tls);
            }
            problem = "";
        } catch (IOException unusable) {
            String text = String.valueOf(unusable.getMessage());
            if (!text.equals(problem)) {
                problem = text;
                LOG.warn("{}; the credentials read before stay in use", text);
            }
        }
    }

    private Material material(Contents now) throws IOException {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        TrustManager[] trust = null;
        KeyManager[] keys = null;
        if (now.ca() != null) {
            try {
                trust = Pem.trustManagers(now.ca().toByteArray());
                builder.trustManager(trust);
            } catch (GeneralSecurityException | IOException bad) {
                throw unusable("CA file " + tls.ca(), bad);
            }
        }
        if (now.certificate() != null && now.key() != null) {
            try {
                keys = Pem.keyManagers(
                        now.certificate().toByteArray(), now.key().toByteArray());
                builder.keyManager(keys);
            } catch (GeneralSecurityException | IOException bad) {
                throw unusable("client certificate " + tls.certificate() + " with key " + tls.key(), bad);
            }
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return new Material(builder.build(), context);
        } catch (GeneralSecurityException bad) {
            throw unusable("TLS", bad);
        }
    }

    private static IOException unusable(String what, Exception why) {
        return new IOException(what + " cannot be used: " + why.getMessage(), why);
    }
}
