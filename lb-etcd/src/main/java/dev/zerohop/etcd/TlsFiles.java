package dev.zerohop.etcd;

import com.google.protobuf.ByteString;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The credentials that {@link Tls} names: the last good ones. Files that cannot be used replace nothing. Thread-safe. */
final class TlsFiles {
    private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);

    private final Tls tls;
    private Contents contents;
    private volatile ChannelCredentials credentials;
    private String problem = "";

    /** What the files hold; compared to tell whether anything changed. */
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

        /** Never what is in them. */
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
    TlsFiles(Tls tls) {
        this.tls = tls;
        try {
            contents = Contents.of(tls);
            credentials = credentials(contents);
        } catch (IOException unusable) {
            throw new IllegalArgumentException(unusable.getMessage(), unusable);
        }
    }

    /** What the next connection is made with. Never waits for files. */
    ChannelCredentials credentials() {
        return credentials;
    }

    /** Takes over what changed in the files. Blocks for them. */
    synchronized void refresh() {
        try {
            Contents now = Contents.of(tls);
            if (!now.equals(contents)) {
                credentials = credentials(now);
                contents = now;
                LOG.info("{}: read again after a change", tls);
            }
            problem = "";
        } catch (IOException unusable) {
            String text = String.valueOf(unusable.getMessage());
            if (!text.equals(problem)) {
                problem = text;
                LOG.warn("{}; what was read before stays in use", text);
            }
        }
    }

    private ChannelCredentials credentials(Contents now) throws IOException {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        if (now.ca() != null) {
            try {
                builder.trustManager(Pem.trusting(now.ca().toByteArray()));
            } catch (GeneralSecurityException | IOException bad) {
                throw unusable("CA file " + tls.ca(), bad);
            }
        }
        if (now.certificate() != null && now.key() != null) {
            try {
                builder.keyManager(
                        Pem.showing(now.certificate().toByteArray(), now.key().toByteArray()));
            } catch (GeneralSecurityException | IOException bad) {
                throw unusable("client certificate " + tls.certificate() + " with key " + tls.key(), bad);
            }
        }
        return builder.build();
    }

    private static IOException unusable(String what, Exception why) {
        return new IOException(what + " cannot be used: " + why.getMessage(), why);
    }
}
