package dev.imageferry.convert;

/** A format of virtual disks that {@code qemu-img} converts. */
enum DiskFormat {
    QCOW2("qcow2", "qcow2"),
    VMDK("VMDK", "vmdk"),
    VHD("VHD", "vpc"),
    VHDX("VHDX", "vhdx"),
    VDI("VDI", "vdi");

    private final String shown;
    private final String driver;

    DiskFormat(String shown, String driver) {
        this.shown = shown;
        this.driver = driver;
    }

    String shown() {
        return shown;
    }

    /** QEMU's name for it. */
    String driver() {
        return driver;
    }
}
