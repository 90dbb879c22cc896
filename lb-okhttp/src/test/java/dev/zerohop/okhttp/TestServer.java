package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Protocol;
import org.jspecify.annotations.Nullable;

/** A real HTTP server on a free port that answers with its id unless told otherwise, and keeps a log. */
final class TestServer implements AutoCloseable {
    final String id;
    final MockWebServer server = new MockWebServer();
    final ConcurrentLinkedQueue<RecordedRequest> log = new ConcurrentLinkedQueue<>();
    final AtomicInteger running = new AtomicInteger();
    volatile @Nullable Function<RecordedRequest, MockResponse> answer;
    volatile @Nullable Consumer<RecordedRequest> observer;

    TestServer(String id) throws IOException {
        this(id, null, List.of());
    }

    TestServer(String id, @Nullable SSLSocketFactory tls, List<Protocol> protocols) throws IOException {
        this(id, FreePorts.next(), tls, protocols);
    }

    TestServer(String id, int port, @Nullable SSLSocketFactory tls, List<Protocol> protocols) throws IOException {
        this.id = id;
        if (tls != null) {
            server.useHttps(tls);
        }
        if (!protocols.isEmpty()) {
            server.setProtocols(protocols);
        }
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                log.add(request);
                Consumer<RecordedRequest> observing = observer;
                if (observing != null) {
                    observing.accept(request);
                }
                running.incrementAndGet();
                try {
                    Function<RecordedRequest, MockResponse> how = answer;
                    MockResponse said = how == null ? null : how.apply(request);
                    return said != null
                            ? said
                            : new MockResponse.Builder().body(id).build();
                } finally {
                    running.decrementAndGet();
                }
            }
        });
        server.start(InetAddress.getByName("127.0.0.1"), port);
    }

    void answers(MockResponse.Builder response) {
        answer = request -> response.build();
    }

    int port() {
        return server.getPort();
    }

    Endpoint endpoint() {
        return Endpoint.builder("127.0.0.1", port()).id(id).build();
    }

    RecordedRequest only() {
        if (log.size() != 1) {
            throw new AssertionError(id + " got " + log.size() + " requests, expected 1: " + log);
        }
        return log.peek();
    }

    @Override
    public void close() {
        server.close();
    }
}
