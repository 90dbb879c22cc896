package dev.zerohop.resolver;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A small DNS server on the loopback, UDP and TCP, whose answers a test changes while it runs. */
final class DnsServer implements AutoCloseable {

    /** How the server treats a query. */
    enum Mode {
        ANSWER,
        DROP,
        SERVFAIL,
        REFUSED,
        TRUNCATE_UDP
    }

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Map<String, List<String>> records = new ConcurrentHashMap<>();
    private final Map<String, Mode> modes = new ConcurrentHashMap<>();
    private volatile Mode mode = Mode.ANSWER;

    /** What was asked: transport, type and name. */
    final Queue<String> asked = new ConcurrentLinkedQueue<>();

    DnsServer() throws IOException {
        DatagramSocket bound = null;
        ServerSocket listening = null;
        for (int i = 0; listening == null; i++) {
            bound = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
            try {
                listening = new ServerSocket(bound.getLocalPort(), 50, InetAddress.getByName("127.0.0.1"));
            } catch (IOException taken) {
                bound.close();
                if (i > 20) {
                    throw taken;
                }
            }
        }
        udp = bound;
        tcp = listening;
        daemon("dns-udp", this::serveUdp);
        daemon("dns-tcp", this::serveTcp);
    }

    private static void daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return udp.getLocalPort();
    }

    String address() {
        return "127.0.0.1:" + udp.getLocalPort();
    }

    /** Sets the records of a name: addresses for A and AAAA, "priority weight port target" for SRV. None means: known, but no such record. */
    DnsServer set(String type, String name, String... data) {
        records.put(type + " " + name, List.of(data));
        return this;
    }

    void remove(String type, String name) {
        records.remove(type + " " + name);
    }

    void mode(Mode mode) {
        this.mode = mode;
    }

    void mode(String type, String name, Mode mode) {
        modes.put(type + " " + name, mode);
    }

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        while (!udp.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                byte[] reply = answer(java.util.Arrays.copyOf(buffer, packet.getLength()), true);
                if (reply != null) {
                    udp.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            try (Socket socket = tcp.accept()) {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                byte[] query = new byte[in.readUnsignedShort()];
                in.readFully(query);
                byte[] reply = answer(query, false);
                if (reply != null) {
                    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                    out.writeShort(reply.length);
                    out.write(reply);
                    out.flush();
                }
            } catch (IOException next) {
                // Closed, or the client went away.
            }
        }
    }

    private byte[] answer(byte[] query, boolean overUdp) throws IOException {
        StringBuilder name = new StringBuilder();
        int at = 12;
        while (query[at] != 0) {
            name.append(name.length() == 0 ? "" : ".")
                    .append(new String(query, at + 1, query[at], StandardCharsets.US_ASCII));
            at += query[at] + 1;
        }
        int typeCode = (query[at + 1] & 0xFF) << 8 | (query[at + 2] & 0xFF);
        int questionEnd = at + 5;
        String type = switch (typeCode) {
            case 1 -> "A";
            case 28 -> "AAAA";
            case 33 -> "SRV";
            default -> "TYPE" + typeCode;
        };
        String wanted = name.toString().toLowerCase(Locale.ROOT);
        asked.add((overUdp ? "udp " : "tcp ") + type + " " + wanted);
        Mode now = modes.getOrDefault(type + " " + wanted, mode);
        if (now == Mode.DROP) {
            return null;
        }
        boolean truncate = now == Mode.TRUNCATE_UDP && overUdp;
        List<String> data = records.get(type + " " + wanted);
        boolean known = records.keySet().stream().anyMatch(key -> key.endsWith(" " + wanted));
        int code = now == Mode.SERVFAIL ? 2 : now == Mode.REFUSED ? 5 : known ? 0 : 3;
        List<String> answers = code != 0 || truncate || data == null ? List.of() : data;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(query, 0, 2);
        out.writeShort(0x8580 | (truncate ? 0x0200 : 0) | code);
        out.writeShort(1);
        out.writeShort(answers.size());
        out.writeInt(0);
        out.write(query, 12, questionEnd - 12);
        for (String answer : answers) {
            byte[] rdata = rdata(type, answer);
            out.writeShort(0xC00C);
            out.writeShort(typeCode);
            out.writeShort(1);
            out.writeInt(30);
            out.writeShort(rdata.length);
            out.write(rdata);
        }
        return bytes.toByteArray();
    }

    private static byte[] rdata(String type, String data) throws IOException {
        if (!type.equals("SRV")) {
            return InetAddress.getByName(data).getAddress();
        }
        String[] words = data.split(" ");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        for (int i = 0; i < 3; i++) {
            out.writeShort(Integer.parseInt(words[i]));
        }
        for (String label : words[3].split("\\.")) {
            if (!label.isEmpty()) {
                out.writeByte(label.length());
                out.write(label.getBytes(StandardCharsets.US_ASCII));
            }
        }
        out.writeByte(0);
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }
}
