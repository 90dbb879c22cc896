package dev.zerohop.testing;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A directory with the answers that a test sets. A key that the test said nothing about is being looked up, for ever. Thread-safe. */
public final class ScriptedDirectory implements KeyDirectory {
    private static final Unknown ASKING = new Unknown(true, "scripted: being asked");

    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Map<Object, Runnable> followers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** Sets the owner of a key, and notifies the followers; null makes the key unknown again. */
    public void put(String key, @Nullable Answer answer) {
        if (answer == null) {
            answers.remove(key);
        } else {
            answers.put(key, answer);
        }
        followers.values().forEach(Runnable::run);
    }

    /** The keys that were looked up although nothing was known, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    /** How many follow it. */
    public int followers() {
        return followers.size();
    }

    private static String textOf(EndpointSelector key) {
        String text = key.text();
        return text != null ? text : Long.toString(key.number());
    }

    @Override
    public Answer find(EndpointSelector key) {
        Answer answer = answers.get(textOf(key));
        if (answer == null) {
            asked.add(textOf(key));
            return ASKING;
        }
        return answer;
    }

    @Override
    public Answer peek(EndpointSelector key) {
        return answers.getOrDefault(textOf(key), ASKING);
    }

    @Override
    public Cancellable follow(Runnable changed) {
        Object handle = new Object();
        followers.put(handle, changed);
        return () -> followers.remove(handle);
    }

    @Override
    public List<String> explain(EndpointSelector key) {
        return List.of("scripted: " + peek(key));
    }
}
