package dev.zerohop.etcd.orchestrator;

import dev.zerohop.ProbeTransport;
import dev.zerohop.etcd.client.TlsFiles;
import java.io.IOException;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** What a probe over sockets goes by: TLS of these files, if there are any, and the name that certificates must carry; null for each endpoint's host. */
record PlainOrTls(@Nullable TlsFiles files, @Nullable String name) implements ProbeTransport {
    @Override
    public @Nullable String authority() {
        return name == null || name.indexOf(':') < 0 ? name : "[" + name + "]";
    }

    @Override
    public @Nullable Tls tls() {
        return files == null ? null : (connection, host, port) -> secure(files, connection, host, port);
    }

    private static Socket secure(TlsFiles files, Socket connection, String host, int port) throws IOException {
        try {
            return Tls.by(files::sockets).secure(connection, host, port);
        } catch (IOException failed) {
            // The next probe uses files that were changed meanwhile.
            files.refresh();
            throw failed;
        }
    }
}
