package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListMetaBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceListBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An API server over plain sockets that does what a test says, down to the byte: the mock server is too polite for this. */
final class ScriptedApi implements AutoCloseable {

    /** Answers one request. */
    interface Script {
        void answer(Request request, Connection to) throws IOException;
    }

    /** What was asked. */
    record Request(String path, Map<String, String> query, Map<String, String> headers) {
        boolean isWatch() {
            return "true".equals(query.get("watch"));
        }

        String token() {
            return headers.getOrDefault("authorization", "").replace("Bearer ", "");
        }
    }

    private final ServerSocket server;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<Connection> watches = new CopyOnWriteArrayList<>();
    volatile Script script;

    ScriptedApi(Script script) throws IOException {
        this.script = script;
        this.server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(this::accept);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    long lists() {
        return requests.stream().filter(request -> !request.isWatch()).count();
    }

    Connection lastWatch() {
        return watches.get(watches.size() - 1);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                daemon(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (InputStream in = new BufferedInputStream(socket.getInputStream())) {
            OutputStream out = socket.getOutputStream();
            for (Request request = read(in); request != null; request = read(in)) {
                requests.add(request);
                Connection connection = new Connection(socket, in, out, request);
                script.answer(request, connection);
                if (connection.upgraded) {
                    connection.awaitEnd();
                    socket.close();
                    return;
                }
            }
        } catch (IOException gone) {
            // The client has left, or the test has closed it.
        }
    }

    private static Request read(InputStream in) throws IOException {
        String first = line(in);
        if (first == null || first.isEmpty()) {
            return null;
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        String target = first.split(" ")[1];
        int question = target.indexOf('?');
        Map<String, String> query = new HashMap<>();
        if (question >= 0) {
            for (String parameter : target.substring(question + 1).split("&")) {
                int equals = parameter.indexOf('=');
                query.put(
                        parameter.substring(0, equals),
                        URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return new Request(question < 0 ? target : target.substring(0, question), query, headers);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toString(StandardCharsets.US_ASCII).stripTrailing();
            }
            line.write(b);
        }
        return null;
    }

    /** The server's end of one request. */
    final class Connection {
        final Request request;
        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private volatile boolean upgraded;
        volatile boolean left;

        private Connection(Socket socket, InputStream in, OutputStream out, Request request) {
            this.socket = socket;
            this.in = in;
            this.out = out;
            this.request = request;
        }

        void json(int code, String body, String... headers) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            StringBuilder head = new StringBuilder("HTTP/1.1 " + code
                    + " x\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n");
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            write(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
            write(bytes);
        }

        void status(int code, String message, String... headers) throws IOException {
            json(code, statusJson(code, message), headers);
        }

        void slices(String version, String continueAt, EndpointSlice... slices) throws IOException {
            json(
                    200,
                    Serialization.asJson(new EndpointSliceListBuilder()
                            .withMetadata(new ListMetaBuilder()
                                    .withResourceVersion(version)
                                    .withContinue(continueAt)
                                    .build())
                            .withItems(slices)
                            .build()));
        }

        /** Sends a body of so many spaces, or as much of it as the client takes; gives how much that was. */
        long spaces(long length) throws IOException {
            write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            byte[] piece = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            for (long sent = 0; sent < length; sent += piece.length) {
                try {
                    write(piece);
                } catch (IOException gone) {
                    return sent;
                }
            }
            return length;
        }

        /** Sends the head and a part of the body, and nothing more. */
        void beginAndHang() throws IOException {
            write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"kind\":"
                    .getBytes(StandardCharsets.US_ASCII));
            awaitEnd();
        }

        /** Sends nothing until the client leaves. */
        void hang() {
            awaitEnd();
        }

        /** Accepts the watch. */
        void upgrade() throws IOException {
            String key = request.headers().get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
            try {
                byte[] hash = MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII));
                write(
                        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                                        + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException(impossible);
            }
            upgraded = true;
            watches.add(this);
        }

        void event(String type, HasMetadata object) throws IOException {
            frame(1, "{\"type\":\"" + type + "\",\"object\":" + Serialization.asJson(object) + "}");
        }

        void bookmark(String version) throws IOException {
            frame(
                    1,
                    "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\","
                            + "\"metadata\":{\"resourceVersion\":\"" + version
                            + "\"},\"addressType\":\"\",\"endpoints\":null,"
                            + "\"ports\":null}}");
        }

        void error(int code, String message) throws IOException {
            frame(1, "{\"type\":\"ERROR\",\"object\":" + statusJson(code, message) + "}");
        }

        void text(String text) throws IOException {
            frame(1, text);
        }

        /** Ends the watch as the server does when its time is over. */
        void close() throws IOException {
            frame(8, "\u0003\u00e8");
        }

        /** Sends no more, and says nothing of it to the WebSocket. */
        void halfClose() throws IOException {
            socket.shutdownOutput();
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        private void frame(int opcode, String text) throws IOException {
            byte[] payload = text.getBytes(opcode == 8 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            frame.write(0x80 | opcode);
            if (payload.length < 126) {
                frame.write(payload.length);
            } else {
                frame.write(126);
                frame.write(payload.length >> 8);
                frame.write(payload.length);
            }
            frame.writeBytes(payload);
            write(frame.toByteArray());
        }

        private synchronized void write(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
        }

        private void awaitEnd() {
            try {
                for (int b = in.read(); b >= 0; b = in.read()) {
                    // What the client still says is of no interest, that it leaves is: the only frame that it sends.
                    if (upgraded && (b & 0x0F) == 8) {
                        close();
                        break;
                    }
                }
            } catch (IOException gone) {
                // As well.
            }
            left = true;
        }
    }

    static String statusJson(int code, String message) {
        return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\""
                + message + "\",\"code\":" + code + "}";
    }

    static EndpointSlice versioned(EndpointSlice slice, String version) {
        slice.getMetadata().setResourceVersion(version);
        return slice;
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "scripted-api");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (SocketException gone) {
                // Already.
            }
        }
    }
}
