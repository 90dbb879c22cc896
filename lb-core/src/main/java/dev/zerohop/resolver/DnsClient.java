package dev.zerohop.resolver;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.CompositeName;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/**
 * Sends single DNS queries through the JDK's own client (the JNDI provider of module {@code jdk.naming.dns}), which knows timeouts, repeats,
 * several servers and TCP for truncated answers, and keeps no cache. It does not tell the time to live of an answer.
 */
final class DnsClient {

    /** The name does not exist, or has no record of the type: an answer, though not one that tells where to go. */
    static final class NoRecords extends IOException {
        private static final long serialVersionUID = 1;

        private final boolean nameExists;

        NoRecords(boolean nameExists, String message) {
            super(message);
            this.nameExists = nameExists;
        }

        boolean nameExists() {
            return nameExists;
        }
    }

    private final String servers;
    private final String providerUrl;
    private final Duration timeout;
    private final int attempts;

    /**
     * A client of these servers.
     *
     * @param servers {@code host:port} each; none for those that the platform knows
     * @param timeout for the first attempt; doubled for each next one
     * @param attempts how often each server is asked
     */
    DnsClient(List<String> servers, Duration timeout, int attempts) {
        this.servers = servers.isEmpty() ? "the system's servers" : String.join(", ", servers);
        this.timeout = timeout;
        this.attempts = attempts;
        List<String> urls = new ArrayList<>();
        for (String server : servers) {
            urls.add("dns://" + server + "/");
        }
        this.providerUrl = urls.isEmpty() ? "dns:" : String.join(" ", urls);
    }

    /** The servers, in words. */
    String servers() {
        return servers;
    }

    /**
     * The data of the records of this type, as text, in the order of the answer; never empty.
     *
     * @param name absolute, without a dot at its end
     * @throws NoRecords if the server says that there are none
     */
    // The URL is made of checked addresses, and DNS answers are never deserialised.
    @SuppressWarnings({"BanJNDI", "JdkObsolete"})
    List<String> query(String name, String type) throws IOException {
        Hashtable<String, Object> settings = new Hashtable<>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(Context.PROVIDER_URL, providerUrl);
        settings.put("com.sun.jndi.dns.timeout.initial", Long.toString(timeout.toMillis()));
        settings.put("com.sun.jndi.dns.timeout.retries", Integer.toString(attempts));
        try {
            DirContext context = new InitialDirContext(settings);
            try {
                Attribute found = context.getAttributes(new CompositeName().add(name), new String[] {type})
                        .get(type);
                if (found == null || found.size() == 0) {
                    throw new NoRecords(true, "DNS name " + name + " has no " + type + " record, says " + servers);
                }
                List<String> records = new ArrayList<>(found.size());
                NamingEnumeration<?> values = found.getAll();
                while (values.hasMore()) {
                    records.add(String.valueOf(values.next()));
                }
                return records;
            } finally {
                context.close();
            }
        } catch (NameNotFoundException missing) {
            throw new NoRecords(false, "DNS name " + name + " does not exist (NXDOMAIN), says " + servers);
        } catch (NamingException failed) {
            Throwable root = failed.getRootCause();
            throw new IOException(
                    "DNS query for " + type + " of " + name + " to " + servers + " failed: " + failed.getMessage()
                            + (root == null ? "" : " (" + inWords(root) + ")"),
                    failed);
        }
    }

    /** JDKs differ in whether a timeout has a message. */
    private static String inWords(Throwable root) {
        if (root instanceof SocketTimeoutException) {
            return "no answer in time";
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
