package dev.zerohop.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The Markdown pages of the checkout and the fenced blocks in them. */
final class Pages {
    private Pages() {}

    /** A fenced block: where it stands, what its fence says, and its text. */
    record Block(Path page, int line, String info, String text) {
        @Override
        public String toString() {
            return page.getFileName() + ":" + line;
        }
    }

    static Path checkout() {
        return Path.of(System.getProperty("checkout", "..")).toAbsolutePath().normalize();
    }

    static List<Path> all() {
        List<Path> pages = new ArrayList<>(in(checkout()));
        pages.addAll(in(checkout().resolve("docs")));
        pages.addAll(in(checkout().resolve("docs/monitoring")));
        return pages;
    }

    private static List<Path> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(page -> page.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Every block whose fence begins with this word or words. */
    static List<Block> blocks(String info) {
        List<Block> found = new ArrayList<>();
        for (Path page : all()) {
            for (Block block : blocksOf(page)) {
                if (block.info().equals(info)) {
                    found.add(block);
                }
            }
        }
        return found;
    }

    static List<Block> blocksOf(Path page) {
        List<Block> found = new ArrayList<>();
        StringBuilder text = null;
        String info = "";
        int line = 0;
        int start = 0;
        for (String content : read(page).split("\n", -1)) {
            line++;
            if (content.startsWith("```")) {
                if (text == null) {
                    text = new StringBuilder();
                    info = content.substring(3).trim();
                    start = line;
                } else {
                    found.add(new Block(page, start, info, text.toString()));
                    text = null;
                }
            } else if (text != null) {
                text.append(content).append('\n');
            }
        }
        if (text != null) {
            throw new IllegalStateException(page + ":" + start + ": the fence is never closed");
        }
        return found;
    }

    static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
