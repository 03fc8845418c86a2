//! The models and their MIG profiles. Data only.

use super::Vendor::{Amd, Nvidia};
use super::{Mig, MigProfile, Model, Vendor};

macro_rules! mig {
    ($compute:literal of $memory:literal: $($name:literal $c:literal $m:literal $most:literal),* $(,)?) => {
        Mig {
            compute: $compute,
            memory: $memory,
            profiles: &[$(MigProfile { name: $name, compute: $c, memory: $m, most: $most }),*],
        }
    };
}

static A30: Mig = mig!(4 of 4:
    "1g.6gb" 1 1 4, "1g.6gb+me" 1 1 1, "2g.12gb" 2 2 2, "2g.12gb+me" 2 2 1, "4g.24gb" 4 4 1);
static A100_40: Mig = mig!(7 of 8:
    "1g.5gb" 1 1 7, "1g.5gb+me" 1 1 1, "1g.10gb" 1 2 4, "2g.10gb" 2 2 3, "3g.20gb" 3 4 2, "4g.20gb" 4 4 1,
    "7g.40gb" 7 8 1);
static OF_80: Mig = mig!(7 of 8:
    "1g.10gb" 1 1 7, "1g.10gb+me" 1 1 1, "1g.20gb" 1 2 4, "2g.20gb" 2 2 3, "3g.40gb" 3 4 2, "4g.40gb" 4 4 1,
    "7g.80gb" 7 8 1);
static OF_94: Mig = mig!(7 of 8:
    "1g.12gb" 1 1 7, "1g.12gb+me" 1 1 1, "1g.24gb" 1 2 4, "2g.24gb" 2 2 3, "3g.47gb" 3 4 2, "4g.47gb" 4 4 1,
    "7g.94gb" 7 8 1);
static OF_96: Mig = mig!(7 of 8:
    "1g.12gb" 1 1 7, "1g.12gb+me" 1 1 1, "1g.24gb" 1 2 4, "2g.24gb" 2 2 3, "3g.48gb" 3 4 2, "4g.48gb" 4 4 1,
    "7g.96gb" 7 8 1);
static OF_141: Mig = mig!(7 of 8:
    "1g.18gb" 1 1 7, "1g.18gb+me" 1 1 1, "1g.35gb" 1 2 4, "2g.35gb" 2 2 3, "3g.71gb" 3 4 2, "4g.71gb" 4 4 1,
    "7g.141gb" 7 8 1);
static OF_180: Mig = mig!(7 of 8:
    "1g.23gb" 1 1 7, "1g.23gb+me" 1 1 1, "1g.45gb" 1 2 4, "2g.45gb" 2 2 3, "3g.90gb" 3 4 2, "4g.90gb" 4 4 1,
    "7g.180gb" 7 8 1);

const fn card(
    name: &'static str,
    vendor: Vendor,
    gigabytes: u64,
    products: &'static [&'static str],
) -> Model {
    Model { name, vendor, gigabytes, products, mig: None }
}

const fn cut(
    name: &'static str,
    gigabytes: u64,
    products: &'static [&'static str],
    mig: &'static Mig,
) -> Model {
    Model { name, vendor: Nvidia, gigabytes, products, mig: Some(mig) }
}

/// Every model that the catalogue knows.
pub static MODELS: &[Model] = &[
    cut("a100-40gb", 40, &["NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB"], &A100_40),
    cut("a100-80gb", 80, &["NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe"], &OF_80),
    cut("a30", 24, &["NVIDIA-A30"], &A30),
    cut("h100-80gb", 80, &["NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe"], &OF_80),
    cut("h100-94gb", 94, &["NVIDIA-H100-NVL"], &OF_94),
    cut("gh200-96gb", 96, &["NVIDIA-GH200-480GB"], &OF_96),
    cut("h200-141gb", 141, &["NVIDIA-H200", "NVIDIA-H200-NVL"], &OF_141),
    cut("b200-180gb", 180, &["NVIDIA-B200"], &OF_180),
    card("v100-16gb", Nvidia, 16, &["Tesla-V100-SXM2-16GB", "Tesla-V100-PCIE-16GB"]),
    card("v100-32gb", Nvidia, 32, &["Tesla-V100-SXM2-32GB", "Tesla-V100-PCIE-32GB"]),
    card("p100", Nvidia, 16, &["Tesla-P100-PCIE-16GB", "Tesla-P100-SXM2-16GB"]),
    card("k80", Nvidia, 12, &["Tesla-K80"]),
    card("t4", Nvidia, 16, &["Tesla-T4"]),
    card("l4", Nvidia, 24, &["NVIDIA-L4"]),
    card("l40", Nvidia, 48, &["NVIDIA-L40"]),
    card("l40s", Nvidia, 48, &["NVIDIA-L40S"]),
    card("a2", Nvidia, 16, &["NVIDIA-A2"]),
    card("a10", Nvidia, 24, &["NVIDIA-A10"]),
    card("a10g", Nvidia, 24, &["NVIDIA-A10G"]),
    card("a16", Nvidia, 16, &["NVIDIA-A16"]),
    card("a40", Nvidia, 48, &["NVIDIA-A40"]),
    card("rtxa4000", Nvidia, 16, &["NVIDIA-RTX-A4000"]),
    card("rtxa5000", Nvidia, 24, &["NVIDIA-RTX-A5000"]),
    card("rtxa6000", Nvidia, 48, &["NVIDIA-RTX-A6000"]),
    card("rtx6000ada", Nvidia, 48, &["NVIDIA-RTX-6000-Ada-Generation"]),
    card("rtx8000", Nvidia, 48, &["Quadro-RTX-8000"]),
    card("rtx2080ti", Nvidia, 11, &["NVIDIA-GeForce-RTX-2080-Ti"]),
    card("rtx3090", Nvidia, 24, &["NVIDIA-GeForce-RTX-3090"]),
    card("rtx4090", Nvidia, 24, &["NVIDIA-GeForce-RTX-4090"]),
    card("gtx1080ti", Nvidia, 11, &["NVIDIA-GeForce-GTX-1080-Ti"]),
    card("titanv", Nvidia, 12, &["NVIDIA-TITAN-V"]),
    card("mi50", Amd, 32, &[]),
    card("mi100", Amd, 32, &[]),
    card("mi210", Amd, 64, &[]),
    card("mi250", Amd, 128, &[]),
    card("mi250x", Amd, 128, &[]),
    card("mi300a", Amd, 128, &[]),
    card("mi300x", Amd, 192, &[]),
    card("mi325x", Amd, 256, &[]),
];
