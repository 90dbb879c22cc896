package dev.zerohop.etcd.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;

/** What a client says of a service for an operator to read: the values that it refuses. */
public final class Status {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Status() {}

    /**
     * One value.
     *
     * @param refused the value
     * @param since when this client read it
     */
    record Item(Refused refused, Instant since) {}

    /** As JSON. */
    static String write(ClientId client, List<Item> items) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("client", client.name());
            out.writeArrayFieldStart("refused");
            for (Item item : items) {
                out.writeStartObject();
                out.writeStringField("key", item.refused().key());
                out.writeNumberField("revision", item.refused().revision());
                out.writeStringField("since", item.since().toString());
                out.writeStringField("reason", item.refused().reason());
                out.writeBooleanField("lastGoodInForce", item.refused().hasGood());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to a string failed", impossible);
        }
        return text.toString();
    }
}
