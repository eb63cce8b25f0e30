package dev.meshctl.image;

import java.nio.file.Path;

/**
 * What the image is built upon: it needs glibc, and nft or iptables for the redirect. Nothing else of it is used.
 */
sealed interface BaseImage {
    /** A tar as {@code docker save} writes it. */
    record Tar(Path file) implements BaseImage {}

    /** An image in a registry, with the credentials of {@code ~/.docker/config.json}. */
    record Registry(String reference) implements BaseImage {}

    /** Our own, which {@code base/make} makes from Debian packages. */
    record Own() implements BaseImage {}

    /**
     * Understands the property {@code image.base}: empty, {@code tar:FILE} (or {@code tar://FILE}), or a reference.
     *
     * @throws ImageException if it is none of these
     */
    static BaseImage parse(String text) throws ImageException {
        String trimmed = text.strip();
        if (trimmed.isEmpty()) {
            return new Own();
        }
        if (trimmed.equals("scratch")) {
            throw new ImageException("image.base is \"scratch\", but the JVM needs a C library and the redirect needs nft;"
                    + " leave image.base away: the own base has these and nothing else");
        }
        if (trimmed.startsWith("tar:")) {
            String file = trimmed.substring("tar:".length()).replaceFirst("^//", "");
            if (file.isEmpty()) {
                throw new ImageException("image.base names no file; write -Dimage.base=tar:/path/of/base.tar");
            }
            return new Tar(Path.of(file).toAbsolutePath());
        }
        if (trimmed.startsWith("/") || trimmed.startsWith("./") || trimmed.endsWith(".tar")) {
            throw new ImageException("image.base is a file; write -Dimage.base=tar:" + trimmed);
        }
        return new Registry(trimmed);
    }
}
