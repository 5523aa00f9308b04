"""Makers' headers as public data sets show them: names, software, and private blocks, safe and unsafe.

Safe elements are those of PS3.15 Table E.3.10-1; the others stand in no list of safe ones.
"""

from dataclasses import dataclass

SAFE_ROW = "Private Attributes X; 113111 C: Table E.3.10-1"
UNSAFE_ROW = "Private Attributes X; 113111 C: not in Table E.3.10-1"


@dataclass(frozen=True)
class Private:
    """A private element; `value` may hold blanks, which only identity fills."""

    group: int
    creator: str
    element: int
    vr: str
    value: object


@dataclass(frozen=True)
class Vendor:
    """What one maker writes into every header."""

    manufacturer: str
    model: str
    software: str
    safe: tuple[Private, ...]
    unsafe: tuple[Private, ...]


CSA = "SIEMENS CSA HEADER"
CT_VENDORS = (
    Vendor(
        "SIEMENS", "SOMATOM Definition AS+", "syngo CT 2012B", (),
        (
            Private(0x0029, CSA, 0x08, "CS", "IMAGE NUM 4"),
            Private(0x0029, CSA, 0x10, "OB", "SV10\x04\x03\x02\x01 PatientName {name} PatientID {id}"),
            Private(0x0029, "SIEMENS MEDCOM HEADER", 0x31, "LO", "{doctor} {phone}"),
        ),
    ),
    Vendor(
        "GE MEDICAL SYSTEMS", "Revolution CT", "revo_ct_21b.32",
        (
            Private(0x0019, "GEMS_ACQU_01", 0x23, "DS", "39.375"), Private(0x0019, "GEMS_ACQU_01", 0x27, "DS", "0.5"),
            Private(0x0043, "GEMS_PARM_01", 0x27, "SH", "0.984:1"),
            Private(0x0045, "GEMS_HELIOS_01", 0x01, "SS", 64), Private(0x0045, "GEMS_HELIOS_01", 0x02, "FL", 0.625),
        ),
        (
            Private(0x0009, "GEMS_IDEN_01", 0x02, "SH", "{station}"),
            Private(0x0009, "GEMS_PATI_01", 0x10, "LO", "{name}"),
            Private(0x0009, "GEMS_IDEN_01", 0x1A, "LO", "table {id}"),
        ),
    ),
    Vendor(
        "Philips", "Brilliance 64", "4.1.3",
        (
            Private(0x00E1, "ELSCINT1", 0x21, "DS", "412.7"), Private(0x01F1, "ELSCINT1", 0x01, "CS", "HELIX"),
            Private(0x01F1, "ELSCINT1", 0x27, "DS", "0.75"),
        ),
        (Private(0x00E1, "ELSCINT1", 0x40, "SH", "{name}"), Private(0x00E1, "ELSCINT1", 0x42, "LT", "{doctor} {id}")),
    ),
    Vendor(
        "TOSHIBA", "Aquilion ONE", "V6.04ER010", (),
        (
            Private(0x7005, "TOSHIBA_MEC_CT3", 0x24, "DA", "{date}"),
            Private(0x7005, "TOSHIBA_MEC_CT3", 0x79, "UN", "{id}"),
        ),
    ),
)  # fmt: skip
MR_VENDORS = (
    Vendor(
        "SIEMENS", "Skyra", "syngo MR E11",
        (
            Private(0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "1000"),
            Private(0x0019, "SIEMENS MR HEADER", 0x0D, "CS", "DIRECTIONAL"),
            Private(0x0019, "SIEMENS MR HEADER", 0x0E, "FD", [0.70710678, 0.0, -0.70710678]),
        ),
        (Private(0x0029, CSA, 0x20, "OB", "SV10 tPatientName {name} ReferringPhysician {doctor}"),),
    ),
    Vendor(
        "Philips Medical Systems", "Ingenia", "5.3.1",
        (
            Private(0x2001, "Philips Imaging DD 001", 0x03, "FL", 800.0),
            Private(0x2001, "Philips Imaging DD 001", 0x04, "CS", "I"),
            Private(0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 0.012345),
        ),
        (Private(0x2005, "Philips MR Imaging DD 005", 0x96, "LO", "{name}"),),
    ),
    Vendor(
        "GE MEDICAL SYSTEMS", "SIGNA Architect", "29",
        (
            Private(0x0043, "GEMS_PARM_01", 0x39, "IS", [1000, 8, 0, 0]),
            Private(0x0019, "GEMS_ACQU_01", 0x9E, "LO", "EPI2"),
            Private(0x0043, "GEMS_PARM_01", 0x6F, "DS", [3.0, 0.0, 1.0]),
        ),
        (Private(0x0009, "GEMS_IDEN_01", 0x30, "SH", "{doctor}"),),
    ),
)  # fmt: skip
PT_VENDORS = (
    Vendor(
        "Philips Medical Systems", "GEMINI TF TOF 16", "PETVIEW 3.5.3",
        (
            Private(0x7053, "Philips PET Private Group", 0x00, "DS", "0.000551"),
            Private(0x7053, "Philips PET Private Group", 0x09, "DS", "1.28713"),
        ),
        (Private(0x7053, "Philips PET Private Group", 0x03, "ST", "C:\\data\\{id}_{name}.img"),),
    ),
)  # fmt: skip
PLAIN_VENDORS = (
    Vendor("FUJIFILM Corporation", "FDR D-EVO", "V9.1", (), (Private(0x0009, "FDMS 1.0", 0x04, "SH", "{id}"),)),
    Vendor(
        "SAMSUNG ELECTRONICS", "GC85A", "V1.03", (),
        (
            Private(0x0029, "SEC DR 1.0", 0x01, "LO", "{name} {rrn}"),
            Private(0x0029, "SEC DR 1.0", 0x02, "SQ", "{name}"),
        ),
    ),
    Vendor("INFINITT", "PACS G3", "3.0.11", (), (Private(0x0031, "INFINITT_FMX", 0x09, "LO", "{doctor} {hospital}"),)),
    Vendor(
        "GE Healthcare", "LOGIQ E9", "R6", (),
        (Private(0x7FE1, "GEMS_Ultrasound_MovieGroup_001", 0x02, "LO", "{name}"),),
    ),
)  # fmt: skip
