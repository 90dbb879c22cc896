package dev.zerohop.dns;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * The answer of a server to one question. Only records of the queried name, or of the names that its CNAME records lead to, are taken from a message.
 *
 * @param kind the kind of answer
 * @param records of the queried type; may be empty
 * @param ttlSeconds the shortest time to live of all records in the CNAME chain
 * @param end the name at which the CNAME records end; the name of the question if there are none
 * @param server the server that answered, for messages
 */
record DnsAnswer(Kind kind, List<Record> records, long ttlSeconds, Name end, String server) {

    enum Kind {
        RECORDS,
        /** The name exists and has no such record. */
        NO_RECORDS,
        /** NXDOMAIN. */
        NO_NAME,
        /** The CNAME records lead to a name without records in this answer, which must be queried too. */
        CONTINUES
    }

    /** Longer chains are an error or an attack. */
    static final int MAX_ALIASES = 16;

    /**
     * Reads a message that answers this question with NOERROR or NXDOMAIN.
     *
     * @throws IOException if it is no answer to the question
     */
    static DnsAnswer read(Message message, Question question, String server) throws IOException {
        List<Record> section = message.getSection(Section.ANSWER);
        boolean exists = message.getRcode() != Rcode.NXDOMAIN;
        Set<Name> passed = new HashSet<>();
        Name at = question.name();
        long ttl = Long.MAX_VALUE;
        while (true) {
            List<Record> own = of(section, at, question.type());
            if (!own.isEmpty() && exists) {
                for (Record record : own) {
                    ttl = Math.min(ttl, record.getTTL());
                }
                return new DnsAnswer(Kind.RECORDS, own, ttl, at, server);
            }
            passed.add(at);
            List<Record> aliases = of(section, at, Type.CNAME);
            if (aliases.isEmpty()) {
                break;
            }
            CNAMERecord alias = (CNAMERecord) aliases.get(0);
            ttl = Math.min(ttl, alias.getTTL());
            at = alias.getTarget();
            if (passed.contains(at)) {
                throw new IOException(
                        "the CNAME records in the answer of " + server + " lead in a circle at " + at.toString(true));
            }
            if (passed.size() > MAX_ALIASES) {
                throw new IOException(
                        "the answer of " + server + " holds more than " + MAX_ALIASES + " CNAME records in a row");
            }
        }
        if (!exists) {
            return new DnsAnswer(Kind.NO_NAME, List.of(), ttl, at, server);
        }
        if (holds(message, Type.SOA)) {
            return new DnsAnswer(Kind.NO_RECORDS, List.of(), ttl, at, server);
        }
        if (!at.equals(question.name())) {
            return new DnsAnswer(Kind.CONTINUES, List.of(), ttl, at, server);
        }
        Record foreign = foreign(section, at);
        if (foreign != null) {
            throw new IOException("the answer of " + server + " holds records of "
                    + foreign.getName().toString(true) + " and none of the queried name");
        }
        if (!message.getHeader().getFlag(Flags.AA) && holds(message, Type.NS)) {
            throw new IOException(server + " only refers to other servers, expected a recursive server");
        }
        return new DnsAnswer(Kind.NO_RECORDS, List.of(), ttl, at, server);
    }

    private static List<Record> of(List<Record> section, Name owner, int type) {
        List<Record> found = new ArrayList<>();
        for (Record record : section) {
            if (record.getType() == type
                    && record.getDClass() == DClass.IN
                    && record.getName().equals(owner)) {
                found.add(record);
            }
        }
        return found;
    }

    private static boolean holds(Message message, int authorityType) {
        return message.getSection(Section.AUTHORITY).stream().anyMatch(record -> record.getType() == authorityType);
    }

    private static @Nullable Record foreign(List<Record> section, Name owner) {
        for (Record record : section) {
            if (!record.getName().equals(owner)) {
                return record;
            }
        }
        return null;
    }
}
