package dev.zerohop.dns;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** A small DNS server on the loopback, UDP and TCP, whose answers a test changes while it runs. */
final class DnsServer implements AutoCloseable {

    /** How the server treats a query. */
    enum Mode {
        ANSWER,
        DROP,
        SERVFAIL,
        REFUSED,
        /** No record and the truncation bit over UDP, all over TCP. */
        TRUNCATE_UDP,
        /** The first 20 records and the truncation bit over UDP; over TCP the connection is closed. */
        TRUNCATE_AND_CLOSE_TCP,
        /** The same; over TCP there is no answer. */
        TRUNCATE_AND_DROP_TCP,
        /** The first 20 records and the truncation bit over both. */
        TRUNCATE_BOTH,
        /** Knows nothing of EDNS. */
        NO_EDNS,
        /** Names servers that should be asked instead. */
        REFER,
        /** A failure of another question comes first. */
        STRAY_FIRST,
        /** Not a message. */
        GARBAGE
    }

    /** One record of an answer, of any owner name. */
    record Rr(String owner, String type, long ttl, String data) {}

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Thread udpThread;
    private final Map<String, Supplier<List<Rr>>> records = new ConcurrentHashMap<>();
    private final Map<String, Mode> modes = new ConcurrentHashMap<>();
    private volatile Mode mode = Mode.ANSWER;
    private volatile long ttl = 5;

    /** Replies are held back until there are so many. */
    private volatile int hold;

    private final List<DatagramPacket> held = new ArrayList<>();

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
        udpThread = daemon("dns-udp", this::serveUdp);
        daemon("dns-tcp", this::serveTcp);
    }

    private static Thread daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    int port() {
        return udp.getLocalPort();
    }

    String address() {
        return "127.0.0.1:" + udp.getLocalPort();
    }

    /** Sets the records of a name: addresses for A and AAAA, "priority weight port target" for SRV. None means: known, but no such record. */
    DnsServer set(String type, String name, String... data) {
        List<String> all = List.of(data);
        return answer(
                type,
                name,
                () -> all.stream().map(each -> new Rr(name, type, ttl, each)).toList());
    }

    /** Sets what is answered, made anew for each question; owners and types may be others. */
    DnsServer answer(String type, String name, Supplier<List<Rr>> answer) {
        records.put(key(type, name), answer);
        return this;
    }

    private static String key(String type, String name) {
        return type + " " + name.toLowerCase(Locale.ROOT);
    }

    void remove(String type, String name) {
        records.remove(key(type, name));
    }

    /** Of the records that {@link #set} makes from now on, in seconds. */
    void ttl(long seconds) {
        ttl = seconds;
    }

    void mode(Mode mode) {
        this.mode = mode;
    }

    void mode(String type, String name, Mode mode) {
        modes.put(key(type, name), mode);
    }

    /** No question for an address is answered until there are so many of them, all of which are then answered. */
    void holdUntil(int questions) {
        hold = questions;
    }

    /** From now on nothing listens for TCP. */
    void closeTcp() throws IOException {
        tcp.close();
    }

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        while (!udp.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                String type = type(buffer);
                for (byte[] reply : answer(Arrays.copyOf(buffer, packet.getLength()), true)) {
                    held.add(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
                }
                if (type.equals("SRV") || held.size() >= hold) {
                    for (DatagramPacket reply : held) {
                        udp.send(reply);
                    }
                    held.clear();
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            try {
                Socket socket = tcp.accept();
                daemon("dns-tcp-connection", () -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket accepted) {
        try (Socket socket = accepted) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] query = new byte[in.readUnsignedShort()];
            in.readFully(query);
            List<byte[]> replies = answer(query, false);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            for (byte[] reply : replies) {
                // In pieces, as long answers come.
                out.writeShort(reply.length);
                out.flush();
                out.write(reply, 0, reply.length / 2);
                out.flush();
                out.write(reply, reply.length / 2, reply.length - reply.length / 2);
                out.flush();
            }
            if (replies.isEmpty() && mode == Mode.TRUNCATE_AND_DROP_TCP) {
                while (in.read() >= 0) {
                    // Until the client has had enough.
                }
            }
        } catch (IOException next) {
            // Closed, or the client went away.
        }
    }

    private static String type(byte[] query) {
        int at = 12;
        while (query[at] != 0) {
            at += query[at] + 1;
        }
        int code = (query[at + 1] & 0xFF) << 8 | (query[at + 2] & 0xFF);
        return switch (code) {
            case 1 -> "A";
            case 28 -> "AAAA";
            case 33 -> "SRV";
            default -> "TYPE" + code;
        };
    }

    private List<byte[]> answer(byte[] query, boolean overUdp) throws IOException {
        StringBuilder name = new StringBuilder();
        int at = 12;
        while (query[at] != 0) {
            name.append(name.length() == 0 ? "" : ".")
                    .append(new String(query, at + 1, query[at], StandardCharsets.US_ASCII));
            at += query[at] + 1;
        }
        int questionEnd = at + 5;
        boolean edns = query[11] != 0;
        String type = type(query);
        String wanted = name.toString().toLowerCase(Locale.ROOT);
        asked.add((overUdp ? "udp " : "tcp ") + type + " " + wanted);
        Mode now = modes.getOrDefault(key(type, wanted), mode);
        boolean cutsShort = now == Mode.TRUNCATE_AND_CLOSE_TCP || now == Mode.TRUNCATE_AND_DROP_TCP;
        if (now == Mode.DROP || (cutsShort && !overUdp)) {
            return List.of();
        }
        if (now == Mode.GARBAGE) {
            byte[] garbage = Arrays.copyOf(query, 40);
            garbage[2] = (byte) 0x81;
            Arrays.fill(garbage, 12, 40, (byte) 0xC1);
            return List.of(garbage);
        }
        boolean truncate = now == Mode.TRUNCATE_BOTH || (overUdp && (cutsShort || now == Mode.TRUNCATE_UDP));
        Supplier<List<Rr>> data = records.get(key(type, wanted));
        boolean known = records.keySet().stream().anyMatch(key -> key.endsWith(" " + wanted));
        int code = now == Mode.SERVFAIL
                ? 2
                : now == Mode.REFUSED ? 5 : now == Mode.NO_EDNS && edns ? 1 : known || now == Mode.REFER ? 0 : 3;
        List<Rr> answers = code != 0 || data == null ? List.of() : data.get();
        if (truncate) {
            answers = now == Mode.TRUNCATE_UDP ? List.of() : answers.subList(0, Math.min(20, answers.size()));
        }
        byte[] reply = message(query, questionEnd, truncate, code, answers, now == Mode.REFER);
        if (now == Mode.STRAY_FIRST) {
            byte[] stray = reply.clone();
            stray[0] ^= 0x55;
            stray[3] |= 2;
            return List.of(stray, reply);
        }
        return List.of(reply);
    }

    private static byte[] message(
            byte[] query, int questionEnd, boolean truncate, int code, List<Rr> answers, boolean refer)
            throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(query, 0, 2);
        out.writeShort((refer ? 0x8100 : 0x8580) | (truncate ? 0x0200 : 0) | code);
        out.writeShort(1);
        out.writeShort(answers.size());
        out.writeShort(refer ? 1 : 0);
        out.writeShort(0);
        out.write(query, 12, questionEnd - 12);
        for (Rr answer : answers) {
            record(out, answer);
        }
        if (refer) {
            record(out, new Rr("test", "NS", 5, "ns.elsewhere.test"));
        }
        return bytes.toByteArray();
    }

    private static void record(DataOutputStream out, Rr answer) throws IOException {
        byte[] rdata = rdata(answer.type(), answer.data());
        name(out, answer.owner());
        out.writeShort(
                switch (answer.type()) {
                    case "A" -> 1;
                    case "NS" -> 2;
                    case "CNAME" -> 5;
                    case "AAAA" -> 28;
                    case "SRV" -> 33;
                    default -> throw new IllegalArgumentException(answer.type());
                });
        out.writeShort(1);
        out.writeInt((int) answer.ttl());
        out.writeShort(rdata.length);
        out.write(rdata);
    }

    private static byte[] rdata(String type, String data) throws IOException {
        if (type.equals("A") || type.equals("AAAA")) {
            return InetAddress.getByName(data).getAddress();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        String[] words = data.split(" ");
        if (type.equals("SRV")) {
            for (int i = 0; i < 3; i++) {
                out.writeShort(Integer.parseInt(words[i]));
            }
        }
        name(out, words[words.length - 1]);
        return bytes.toByteArray();
    }

    private static void name(DataOutputStream out, String name) throws IOException {
        for (String label : name.split("\\.")) {
            if (!label.isEmpty()) {
                out.writeByte(label.length());
                out.write(label.getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        out.writeByte(0);
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
        try {
            // The port is not let go of while its thread is still reading.
            udpThread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
