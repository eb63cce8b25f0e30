package dev.meshctl.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A base image of one layer with a user, a symbolic link and a directory that everybody may write to. */
final class TestBase {
    private TestBase() {}

    static Path write(Path tar) throws IOException {
        return write(tar, Assembly.architecture());
    }

    static Path write(Path tar, String architecture) throws IOException {
        byte[] layer = layer();
        String config = """
                {"architecture":"%s","os":"linux","config":{"Env":["XTABLES_LOCKFILE=/dev/shm/xtables.lock"]},\
                "rootfs":{"type":"layers","diff_ids":["%s"]},"history":[{"created_by":"test"}]}"""
                .formatted(architecture, ReadImage.sha256(layer));
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
            add(out, "manifest.json", "[{\"Config\":\"config.json\",\"RepoTags\":[\"base:1\"],\"Layers\":[\"layer.tar\"]}]"
                    .getBytes(StandardCharsets.UTF_8));
            add(out, "config.json", config.getBytes(StandardCharsets.UTF_8));
            add(out, "layer.tar", layer);
        }
        return tar;
    }

    private static byte[] layer() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
            TarArchiveEntry tmp = new TarArchiveEntry("tmp/");
            tmp.setMode(041777);
            tmp.setModTime(0);
            out.putArchiveEntry(tmp);
            out.closeArchiveEntry();
            add(out, "etc/passwd", "proxy:x:1337:1337::/:\n".getBytes(StandardCharsets.UTF_8));
            TarArchiveEntry link = new TarArchiveEntry("lib", TarArchiveEntry.LF_SYMLINK);
            link.setLinkName("usr/lib");
            link.setModTime(0);
            out.putArchiveEntry(link);
            out.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    private static void add(TarArchiveOutputStream out, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setModTime(0);
        out.putArchiveEntry(entry);
        out.write(content);
        out.closeArchiveEntry();
    }
}
