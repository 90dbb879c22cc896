package dev.zerohop.dns;

import dev.zerohop.Printable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** One question, sent to one server after the other. Used by one thread. */
final class DnsQuery {

    /** The size of a UDP answer that is not fragmented in practice. */
    private static final int UDP_PAYLOAD = 1232;

    private final Question question;
    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final int attempts;
    private final Selector selector;

    /** By server and kind of failure, so that repeated failures are reported once. */
    private final Map<String, String> failures = new LinkedHashMap<>();

    private final ByteBuffer datagram = ByteBuffer.allocate(4096);

    private int step;
    private boolean extended = true;
    private Message message = new Message();
    private @Nullable AbstractSelectableChannel channel;
    private long deadlineNanos;

    // Over TCP: the bytes still to be sent, and the received ones, which begin with the length.
    private @Nullable ByteBuffer unsent;
    private @Nullable ByteBuffer received;
    private boolean lengthKnown;

    private DnsClient.@Nullable Reply reply;

    DnsQuery(Question question, List<InetSocketAddress> servers, Duration timeout, int attempts, Selector selector) {
        this.question = question;
        this.servers = servers;
        this.timeout = timeout;
        this.attempts = attempts;
        this.selector = selector;
    }

    Question question() {
        return question;
    }

    /** The result; null while the query is under way. */
    DnsClient.@Nullable Reply reply() {
        return reply;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Sends the first question. */
    void begin() {
        InetSocketAddress server = server();
        message = Message.newQuery(Record.newRecord(question.name(), question.type(), DClass.IN));
        if (extended) {
            message.addRecord(new OPTRecord(UDP_PAYLOAD, 0, 0), Section.ADDITIONAL);
        }
        try {
            DatagramChannel udp = DatagramChannel.open();
            opened(udp);
            udp.connect(server);
            udp.register(selector, SelectionKey.OP_READ, this);
            udp.write(ByteBuffer.wrap(message.toWire()));
        } catch (PortUnreachableException refused) {
            failed("refused", "no DNS server listens at " + words(server));
        } catch (IOException unreachable) {
            failed("unreachable", words(server) + " is unreachable (" + cause(unreachable) + ")");
        }
    }

    private void opened(AbstractSelectableChannel next) throws IOException {
        channel = next;
        next.configureBlocking(false);
        deadlineNanos = System.nanoTime() + patience().toNanos();
    }

    private InetSocketAddress server() {
        return servers.get(step % servers.size());
    }

    private Duration patience() {
        return timeout.multipliedBy(1L << (step / servers.size()));
    }

    static String words(InetSocketAddress server) {
        InetAddress address = server.getAddress();
        String host = address == null ? server.getHostString() : Addresses.text(address.getAddress());
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + server.getPort();
    }

    private static String cause(IOException failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    /** The server did not answer in time. */
    void timedOut() {
        String late = "no answer within " + patience().toMillis() + " ms";
        if (channel instanceof SocketChannel) {
            cutShort(late);
        } else {
            failed("late", late + " from " + words(server()));
        }
    }

    /** The socket can be read, written or has connected. */
    void ready(SelectionKey key) {
        if (!key.isValid() || key.channel() != channel) {
            return;
        }
        if (channel instanceof DatagramChannel udp) {
            readDatagrams(udp);
        } else if (channel instanceof SocketChannel tcp) {
            try {
                exchange(tcp, key);
            } catch (IOException broken) {
                cutShort(cause(broken));
            }
        }
    }

    private void readDatagrams(DatagramChannel udp) {
        try {
            while (reply == null && channel == udp) {
                datagram.clear();
                // The channel is connected, so it receives no datagrams of other senders.
                if (udp.read(datagram) <= 0) {
                    return;
                }
                byte[] bytes = Arrays.copyOf(datagram.array(), datagram.position());
                if (answersThis(bytes)) {
                    if ((bytes[2] & 0x02) != 0) {
                        overTcp();
                    } else {
                        take(bytes, false);
                    }
                }
            }
        } catch (PortUnreachableException refused) {
            failed("refused", "no DNS server listens at " + words(server()));
        } catch (IOException broken) {
            failed("unreachable", words(server()) + " is unreachable (" + cause(broken) + ")");
        }
    }

    /** Whether this answers the question. Late answers to other questions and forged ones are ignored. */
    private boolean answersThis(byte[] bytes) {
        return bytes.length >= Header.LENGTH
                && ((bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF))
                        == message.getHeader().getID()
                && (bytes[2] & 0x80) != 0;
    }

    // ---- TCP ----

    private void overTcp() {
        close();
        try {
            byte[] wire = message.toWire();
            unsent = ByteBuffer.allocate(wire.length + 2)
                    .putShort((short) wire.length)
                    .put(wire)
                    .flip();
            received = ByteBuffer.allocate(2);
            lengthKnown = false;
            SocketChannel tcp = SocketChannel.open();
            opened(tcp);
            boolean connected = tcp.connect(server());
            tcp.register(selector, connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT, this);
        } catch (IOException refused) {
            cutShort(cause(refused));
        }
    }

    private void exchange(SocketChannel tcp, SelectionKey key) throws IOException {
        ByteBuffer out = unsent;
        ByteBuffer in = received;
        if (out == null || in == null) {
            return;
        }
        if (key.isConnectable() && tcp.finishConnect()) {
            key.interestOps(SelectionKey.OP_WRITE);
        }
        if (key.isWritable()) {
            tcp.write(out);
            if (!out.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ);
            }
        }
        if (!key.isReadable()) {
            return;
        }
        int count = tcp.read(in);
        if (count >= 0 && !in.hasRemaining() && !lengthKnown) {
            lengthKnown = true;
            in = ByteBuffer.allocate(in.flip().getShort() & 0xFFFF);
            received = in;
            count = tcp.read(in);
        }
        if (lengthKnown && !in.hasRemaining()) {
            byte[] bytes = in.array();
            if (!answersThis(bytes)) {
                cutShort("the answer is to another question");
            } else if ((bytes[2] & 0x02) != 0) {
                cutShort("it is truncated there as well");
            } else {
                take(bytes, true);
            }
        } else if (count < 0) {
            cutShort("the server closed the connection");
        }
    }

    /** Fails with a truncated answer: a part of the records would remove the other endpoints. */
    private void cutShort(String why) {
        failed(
                "truncated",
                "the answer of " + words(server()) + " over UDP is truncated and could not be completed over TCP ("
                        + why + ")");
    }

    // ---- answers ----

    private void take(byte[] bytes, boolean overTcp) {
        String server = words(server());
        Message answer;
        try {
            answer = new Message(bytes);
        } catch (IOException | RuntimeException malformed) {
            failed("unreadable", "the answer of " + server + " cannot be read: " + malformed.getMessage());
            return;
        }
        Record asked = answer.getQuestion();
        boolean refusedToRead = answer.getRcode() == Rcode.FORMERR || answer.getRcode() == Rcode.NOTIMP;
        boolean same = asked != null
                && asked.getName().equals(question.name())
                && asked.getType() == question.type()
                && asked.getDClass() == DClass.IN;
        if (refusedToRead && extended) {
            // The server does not support EDNS; retry without it.
            extended = false;
            close();
            begin();
        } else if (!same && !(refusedToRead && asked == null)) {
            if (overTcp) {
                cutShort("the answer is to another question");
            }
        } else if (answer.getHeader().getOpcode() != Opcode.QUERY
                || !answer.getHeader().getFlag(Flags.QR)) {
            failed("unreadable", "the answer of " + server + " cannot be read: it is not a DNS answer");
        } else if (answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN) {
            failed("rcode", inWords(answer.getRcode(), server));
        } else {
            try {
                reply = new DnsClient.Reply(DnsAnswer.read(answer, question, server), null);
                close();
            } catch (IOException foreign) {
                failed("foreign", foreign.getMessage() == null ? "foreign" : foreign.getMessage());
            }
        }
    }

    private static String inWords(int rcode, String server) {
        return switch (rcode) {
            case Rcode.SERVFAIL -> server + " failed to resolve it (SERVFAIL)";
            case Rcode.REFUSED -> server + " refuses to answer (REFUSED)";
            case Rcode.FORMERR -> server + " does not understand the question (FORMERR)";
            default -> server + " answers " + Rcode.string(rcode);
        };
    }

    private void failed(String kind, String text) {
        failures.put(kind + " " + server(), text);
        close();
        step++;
        if (step < servers.size() * attempts) {
            begin();
        } else {
            reply = new DnsClient.Reply(
                    null,
                    new IOException(Printable.text("DNS query for " + question.inWords() + " failed: "
                            + String.join("; ", failures.values()))));
        }
    }

    /** Closes the socket. */
    void close() {
        AbstractSelectableChannel before = channel;
        channel = null;
        if (before != null) {
            try {
                before.close();
            } catch (IOException closed) {
                // The channel is released even if its close fails.
            }
        }
    }
}
