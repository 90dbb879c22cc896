package dev.zerohop.dns;

import dev.zerohop.EndpointSet;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Queries DNS servers, all questions concurrently, on the calling thread: no thread, connection or answer outlives a call. Each question is sent to one
 * server after the other until one of them answers, over UDP, and over TCP if the answer is too large for UDP.
 */
final class DnsClient {

    /** Sockets that one call keeps open at a time. */
    private static final int MAX_OPEN = 64;

    /**
     * The limit of records in all answers to one call: the limit of a set, for two address families. One answer is limited by its 64 KiB, but each of the
     * thousands of targets of an SRV answer may have such an answer.
     */
    static final int MAX_RECORDS = 2 * EndpointSet.MAX_ENDPOINTS;

    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final int attempts;

    /**
     * A client of these servers.
     *
     * @param servers at least one, in order of preference
     * @param timeout of the first attempt at each server; doubled for each further one
     * @param attempts how often each server is queried
     */
    DnsClient(List<InetSocketAddress> servers, Duration timeout, int attempts) {
        this.servers = servers;
        this.timeout = timeout;
        this.attempts = attempts;
    }

    /** The result of a question: an answer or a failure. */
    record Reply(@Nullable DnsAnswer answer, @Nullable IOException failure) {}

    /**
     * Sends all questions and waits for the last answer. A question without an answer has its failure in the result.
     *
     * @throws IOException if the answers have more than {@value #MAX_RECORDS} records; the remaining answers are not awaited
     */
    Map<Question, Reply> ask(Collection<Question> questions) throws IOException {
        Map<Question, Reply> replies = new HashMap<>();
        Queue<Question> waiting = new ArrayDeque<>(new LinkedHashSet<>(questions));
        List<DnsQuery> open = new ArrayList<>();
        int records = 0;
        try (Selector selector = Selector.open()) {
            while (!waiting.isEmpty() || !open.isEmpty()) {
                while (open.size() < MAX_OPEN && !waiting.isEmpty()) {
                    DnsQuery query = new DnsQuery(waiting.remove(), servers, timeout, attempts, selector);
                    open.add(query);
                    query.begin();
                }
                await(selector, open);
                for (Iterator<DnsQuery> each = open.iterator(); each.hasNext(); ) {
                    DnsQuery query = each.next();
                    Reply reply = query.reply();
                    if (reply != null) {
                        replies.put(query.question(), reply);
                        each.remove();
                        records += reply.answer() == null
                                ? 0
                                : reply.answer().records().size();
                        if (records > MAX_RECORDS) {
                            throw new IOException("the DNS answers to " + questions.size() + " questions, such as "
                                    + query.question().inWords() + ", have more than " + MAX_RECORDS
                                    + " records, expected at most so many");
                        }
                    }
                }
            }
        } finally {
            open.forEach(DnsQuery::close);
        }
        return replies;
    }

    private static void await(Selector selector, List<DnsQuery> open) throws IOException {
        long left = Long.MAX_VALUE;
        long now = System.nanoTime();
        for (DnsQuery query : open) {
            left = query.reply() != null ? 0 : Math.min(left, query.deadlineNanos() - now);
            if (left <= 0) {
                break;
            }
        }
        if (left > 0) {
            selector.select(left / 1_000_000 + 1);
        } else {
            selector.selectNow();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while waiting for DNS");
        }
        for (SelectionKey key : selector.selectedKeys()) {
            ((DnsQuery) key.attachment()).ready(key);
        }
        selector.selectedKeys().clear();
        now = System.nanoTime();
        for (DnsQuery query : open) {
            if (query.reply() == null && query.deadlineNanos() - now <= 0) {
                query.timedOut();
            }
        }
    }
}
