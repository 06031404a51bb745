"""What files of reports are called."""

from pathlib import Path

from merchant_portal.reports.models import ReportJob


def file_name(job: ReportJob) -> str:
    """The report and the days in it: ``transactions_2026-03-01_2026-03-31.csv``."""
    days = [job.asked[name] for name in ("first", "last") if name in job.asked]
    return f"{'_'.join([job.report, *days])}.{job.file_format}"


def control_path(path: Path) -> Path:
    """Beside a CSV file stands its control sheet: ``takings.csv``, ``takings.control.csv``."""
    return path.with_name(f"{path.stem}.control.csv")


def control_name(job: ReportJob) -> str:
    return control_path(Path(file_name(job))).name
