package dev.meshctl.cli.bugreport;

import dev.meshctl.cli.install.kubernetes.render.YamlText;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The archive while it is written: everything that goes into it is text, and goes through one redaction. It is for its
 * owner only, has another name until it is whole, and is bounded.
 */
final class ReportArchive implements AutoCloseable {
    /** Of one file. */
    static final int MAX_FILE = 1 << 20;
    /** Of all of them, before they are packed. */
    static final long MAX_ALL = 64L << 20;

    private final Path target;
    private final Path writing;
    private final Redaction redaction;
    private final ZipOutputStream zip;
    private final List<String> names = new ArrayList<>();
    private long written;

    /** @throws IOException if the file cannot be made */
    ReportArchive(Path target, Redaction redaction) throws IOException {
        this.target = target;
        this.writing = target.resolveSibling("." + target.getFileName() + ".writing");
        this.redaction = redaction;
        Files.deleteIfExists(writing);
        Files.createFile(writing, PosixFilePermissions.asFileAttribute(DurableFile.PRIVATE));
        this.zip = new ZipOutputStream(Files.newOutputStream(writing, StandardOpenOption.WRITE));
    }

    /** Adds a text; the end of one that is too long. False if there is no room for it any more. */
    synchronized boolean add(String name, String text) throws IOException {
        String clean = redaction.text(text);
        byte[] bytes = clean.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_FILE);
        if (written + length > MAX_ALL) {
            return false;
        }
        zip.putNextEntry(new ZipEntry(safe(name)));
        if (length < bytes.length) {
            zip.write(("[the first " + (bytes.length - length) + " bytes are left out]\n").getBytes(StandardCharsets.UTF_8));
        }
        zip.write(bytes, bytes.length - length, length);
        zip.closeEntry();
        written += length;
        names.add(safe(name));
        return true;
    }

    /** Adds objects as documents of YAML. */
    boolean addObjects(String name, List<ObjectNode> objects) throws IOException {
        StringBuilder text = new StringBuilder();
        for (ObjectNode object : objects) {
            text.append(text.isEmpty() ? "" : "---\n").append(YamlText.write(redaction.object(object)));
            if (text.length() > 4 * MAX_FILE) {
                text.append("---\n# and ").append(objects.size()).append(" in all\n");
                break;
            }
        }
        return add(name, text.toString());
    }

    // Names of pods and clusters are harmless; this holds for whatever else may become one.
    private static String safe(String name) {
        return name.replaceAll("[^A-Za-z0-9._/-]", "_").replace("..", "_");
    }

    synchronized int files() {
        return names.size();
    }

    synchronized long bytes() {
        return written;
    }

    /** Gives it its name. */
    synchronized void finish() throws IOException {
        zip.close();
        Files.move(writing, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Leaves nothing that is not whole. */
    @Override
    public synchronized void close() throws IOException {
        try {
            zip.close();
        } finally {
            Files.deleteIfExists(writing);
        }
    }
}
