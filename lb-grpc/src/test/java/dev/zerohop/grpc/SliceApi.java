package dev.zerohop.grpc;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** As much of an API server as a client needs that follows the slices of the one service in {@code shop}: one list, and watches that are pushed to. */
final class SliceApi implements AutoCloseable {
    private final ServerSocket server;

    // Guarded by this.
    private final Map<String, String> slices = new LinkedHashMap<>();
    private final List<OutputStream> watches = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private int version = 1;

    SliceApi() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        daemon(() -> {
            while (!server.isClosed()) {
                Socket socket = server.accept();
                synchronized (this) {
                    sockets.add(socket);
                }
                daemon(() -> serve(socket));
            }
        });
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** A pod in a slice of its own, as its port is its own; {@code conditions} such as {@code "ready":true}. */
    synchronized void put(String pod, String address, int port, String conditions) throws IOException {
        version++;
        String slice = """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",\
                "metadata":{"name":"slice-%1$s","namespace":"shop","resourceVersion":"%2$d",\
                "labels":{"kubernetes.io/service-name":"orders"}},\
                "endpoints":[{"addresses":["%3$s"],"conditions":{%5$s},"targetRef":{"kind":"Pod","name":"%1$s","namespace":"shop"}}],\
                "ports":[{"name":"grpc","port":%4$d,"protocol":"TCP"}]}""".formatted(pod, version, address, port, conditions);
        tell(slices.put(pod, slice) == null ? "ADDED" : "MODIFIED", slice);
    }

    synchronized void delete(String pod) throws IOException {
        version++;
        tell("DELETED", slices.remove(pod));
    }

    private void tell(String type, String slice) throws IOException {
        for (OutputStream watch : watches) {
            frame(watch, "{\"type\":\"" + type + "\",\"object\":" + slice + "}");
        }
    }

    private void serve(Socket socket) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        OutputStream out = socket.getOutputStream();
        for (String first = in.readLine(); first != null; first = in.readLine()) {
            String key = "";
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key:")) {
                    key = line.substring(line.indexOf(':') + 1).strip();
                }
            }
            synchronized (this) {
                if (first.contains("watch=true")) {
                    out.write(("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                                    + accepted(key) + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                    watches.add(out);
                    return;
                }
                byte[] list =
                        ("{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSliceList\",\"metadata\":{\"resourceVersion\":\""
                                        + version + "\"},\"items\":[" + String.join(",", slices.values()) + "]}")
                                .getBytes(StandardCharsets.UTF_8);
                out.write(("HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Length: " + list.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                out.write(list);
                out.flush();
            }
        }
    }

    private static void frame(OutputStream out, String text) throws IOException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        out.write(new byte[] {(byte) 0x81, 126, (byte) (payload.length >> 8), (byte) payload.length});
        out.write(payload);
        out.flush();
    }

    private static String accepted(String key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1")
                            .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                                    .getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void daemon(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException gone) {
                // The test is over, or the client has left.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public synchronized void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
